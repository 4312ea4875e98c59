import { useId, useState } from 'react';
import type { Preset } from '../choices.ts';
import type { Controller } from '../controller.ts';
import type { Session } from '../session/session.ts';
import type { Segment, SessionState } from '../session/state.ts';
import { Button, hotKeysHold, Icon, Section } from './ui.tsx';

/** The session's objects: names with their codes, colours, and which one is worked on. */
export function Segments({ controller, session, state }: { controller: Controller; session: Session; state: SessionState }) {
  const list = useId();
  const { presets } = controller.settings;
  return (
    <Section title="Segments">
      <ul className="ms-list" aria-label="Segments">
        {state.segments.map(segment => (
          <Row key={segment.objectId} segment={segment} isActive={segment.objectId === state.activeId} list={list} controller={controller} session={session} />
        ))}
      </ul>
      <datalist id={list}>{presets.map(preset => <option key={preset.label} value={preset.label} />)}</datalist>
      <div className="ms-row">
        <Button label="New segment" help="Begin another object" shortcut="N" onClick={() => controller.newSegment()} />
        <select className={hotKeysHold} aria-label="New segment of a known structure" title="A new segment that is named and coded in SNOMED CT" value="" onChange={event => {
          const preset = presets.find(each => each.label === event.target.value);
          if (preset)
            controller.newSegment(preset);
        }}>
          <option value="">New structure…</option>
          {presets.map(preset => <option key={preset.label}>{preset.label}</option>)}
        </select>
      </div>
    </Section>
  );
}

function Row({ segment, isActive, list, controller, session }: { segment: Segment; isActive: boolean; list: string; controller: Controller; session: Session }) {
  const { objectId, name, colour, visible, locked, code, sliceCount } = segment;
  const [draft, setDraft] = useState<string | null>(null);
  const rename = () => {
    const text = draft?.trim();
    setDraft(null);
    if (!text || text === name)
      return;
    const preset = controller.settings.presets.find((each: Preset) => each.label.toLowerCase() === text.toLowerCase());
    void session.restyle(objectId, preset ? { name: preset.label, code: preset.code } : { name: text });
  };
  return (
    <li className={isActive ? 'active' : ''}>
      <input type="color" className={hotKeysHold} aria-label={`Colour of ${name}`} value={colour} disabled={locked} onChange={event => void session.restyle(objectId, { colour: event.target.value })} />
      {isActive ? (
        <input type="text" aria-label="Name of the segment" title={code ? `${code.meaning} (${code.scheme} ${code.value})` : 'Free text, or a structure of the list, which brings its code'} list={list} value={draft ?? name} disabled={locked}
          onChange={event => setDraft(event.target.value)} onBlur={rename} onKeyDown={event => { if (event.key === 'Enter') event.currentTarget.blur(); if (event.key === 'Escape') setDraft(null); }} />
      ) : (
        <button type="button" className="ms-name" aria-label={`Work on ${name}`} onClick={() => controller.select(objectId)}>{name}</button>
      )}
      <span className="ms-count" title="Slices that hold the segment">{sliceCount || ''}</span>
      <Button label={visible ? `Hide ${name}` : `Show ${name}`} kind="icon" onClick={() => session.show(objectId, !visible)}><Icon name={visible ? 'eye' : 'hidden'} /></Button>
      {(isActive || locked) && <Button label={locked ? `Unlock ${name}` : `Lock ${name}`} help={locked ? 'Unlock: let it change again' : 'Lock: nothing changes it'} kind="icon" onClick={() => void session.restyle(objectId, { locked: !locked })}><Icon name={locked ? 'locked' : 'unlocked'} /></Button>}
      {isActive && <Button label={`Remove ${name}`} kind="icon" disabled={locked} onClick={() => void session.removeSegment(objectId)}><Icon name="bin" /></Button>}
    </li>
  );
}
