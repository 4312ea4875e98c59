import type { Choices } from '../choices.ts';
import type { Controller } from '../controller.ts';
import type { Direction, Orientations } from '../hub/contract.ts';
import type { SessionState } from '../session/state.ts';
import { Button, Check, hotKeysHold, Section } from './ui.tsx';

/** Through the volume: how far, which way, along which orientations. */
export function Volume({ controller, choices, state }: { controller: Controller; choices: Choices; state: SessionState }) {
  const set = (part: Partial<Choices>) => controller.choices.set(part);
  return (
    <Section title="Through the volume">
      <div className="ms-fields">
        <label className="ms-field">Direction
          <select className={hotKeysHold} value={choices.direction} onChange={event => set({ direction: event.target.value as Direction })}>
            <option value="both">Both</option>
            <option value="up">Up</option>
            <option value="down">Down</option>
          </select>
        </label>
        <label className="ms-field">Slices
          <input type="number" min={1} max={9999} placeholder="all" value={choices.count ?? ''} onKeyDown={event => event.key === 'Enter' && event.currentTarget.blur()} onChange={event => set({ count: event.target.valueAsNumber > 0 ? Math.round(event.target.valueAsNumber) : null })} />
        </label>
        <label className="ms-field" title="Orientations that the volume is followed in">Axes
          <select className={hotKeysHold} value={choices.orientations ?? ''} onChange={event => set({ orientations: (event.target.value || null) as Orientations | null })}>
            <option value="">Default</option>
            <option value="auto">Auto</option>
            <option value="axial">1</option>
            <option value="triplanar">3</option>
            <option value="six">6</option>
          </select>
        </label>
      </div>
      <Check label="All segments" help="Follow all segments that are not locked, not the chosen one alone" checked={choices.all} onChange={() => controller.toggle('all')} />
      <Button label="Follow through the volume" shortcut="F" kind="main" disabled={state.phase !== 'ready' || state.task?.kind === 'propagate'} onClick={() => void controller.propagate()} />
      <Check label="Show uncertainty" help="Where the orientations disagree (U)" checked={choices.uncertainty} onChange={() => controller.toggleUncertainty()} />
    </Section>
  );
}
