import { useState } from 'react';
import type { Choices } from '../choices.ts';
import type { Controller } from '../controller.ts';
import { isRunning, type ServerState } from '../serverWork.ts';
import type { Session } from '../session/session.ts';
import type { SessionState } from '../session/state.ts';
import { Button, hotKeysHold, Section } from './ui.tsx';

/** Into the archive and back; on to the next study; the model's training. */
export function Saving({ controller, session, choices, state, server }: { controller: Controller; session: Session; choices: Choices; state: SessionState; server: ServerState }) {
  const [link, setLink] = useState('');
  const nothingToSave = !state.segments.some(segment => segment.known && segment.sliceCount > 0) || state.task !== null;
  return (
    <>
      <Section title="Save">
        <div className="ms-grid2">
          <Button label="Save draft" help="Store as DICOM SEG, to be gone on with (status original)" shortcut="Shift+S" disabled={nothingToSave} onClick={() => void controller.save('original')} />
          <Button label="Save final" help="Store as DICOM SEG, reviewed (status final): the next model may learn from it" kind="main" disabled={nothingToSave} onClick={() => void controller.save('final')} />
        </div>
        {state.stored.length > 0 && (
          <ul className="ms-list" aria-label="Saved segmentations">
            {state.stored.map(stored => (
              <li key={`${stored.id} ${stored.tag}`}>
                <span className="ms-name" title={stored.names.join(', ')}>{stored.names.join(', ') || 'Segmentation'}</span>
                <span className="ms-tag">{stored.tag}</span>
                <Button label="Open" help="Go on with this segmentation: its segments join the list" onClick={() => void session.load(stored.id)} />
              </li>
            ))}
          </ul>
        )}
        <Button label={link ? 'Address copied' : 'Share this session'} help="Copies an address that brings another browser into this session" disabled={state.phase !== 'ready'} onClick={() => {
          const address = controller.shareAddress();
          if (address) {
            setLink(address);
            void navigator.clipboard?.writeText(address).catch(() => undefined); // the field below shows it, too
          }
        }} />
        {link && <input type="text" readOnly aria-label="Address of this session" value={link} onFocus={event => event.target.select()} />}
      </Section>
      {server.strategies.length > 0 && (
        <Section title="Next study" open={false}>
          <label className="ms-field">Chosen by
            <select className={hotKeysHold} value={choices.strategy} onChange={event => controller.choices.set({ strategy: event.target.value })}>
              {server.strategies.map(name => <option key={name}>{name}</option>)}
            </select>
          </label>
          <div className="ms-grid2">
            <Button label="Next study" help="Open the next study to label" onClick={() => void controller.server.next()} />
            <Button label="Submit and next" help="Save as final, then open the next study" kind="main" disabled={nothingToSave} onClick={() => void controller.submitAndNext()} />
          </div>
        </Section>
      )}
      {server.trainers.length > 0 && (
        <Section title="Training" open={false} onOpen={() => void controller.server.watchTraining()}>
          <div className="ms-row ms-wrap">
            {server.trainers.map(name => <Button key={name} label={`Train ${name}`} help="Fine-tune the model on the final labels" onClick={() => void controller.server.train(name)} />)}
            <Button label="Stop" help="Stop the training that runs" disabled={!server.job || !isRunning(server.job.state)} onClick={() => void controller.server.stopTraining()} />
          </div>
          {server.job && <Job job={server.job} />}
        </Section>
      )}
    </>
  );
}

function Job({ job }: { job: NonNullable<ServerState['job']> }) {
  return (
    <div role="status">
      <div className="ms-row ms-between"><span>{job.kind}</span><span>{job.state.toLowerCase()}</span></div>
      <progress aria-label="Progress of the job" max={Math.max(job.total, 1)} value={job.done} />
      <p className="ms-soft">{[job.message, ...Object.entries(job.metrics).map(([name, value]) => `${name.replaceAll('_', ' ')} ${Number(value.toPrecision(3))}`)].filter(Boolean).join(' · ')}</p>
    </div>
  );
}
