import type { Choices } from '../choices.ts';
import type { Controller } from '../controller.ts';
import type { Session } from '../session/session.ts';
import type { SessionState } from '../session/state.ts';
import { Button, hotKeysHold, Section } from './ui.tsx';

/** By hand: the viewer's brushes on the chosen segment, and the way back. */
export function Editing({ controller, session, choices, state }: { controller: Controller; session: Session; choices: Choices; state: SessionState }) {
  const { history, segments, activeId } = state;
  const active = segments.find(segment => segment.objectId === activeId);
  const dead = !active?.known || active.locked;
  return (
    <Section title="Edit">
      <div className="ms-grid2">
        <Button label="Brush" help="Paint on the chosen segment" shortcut="W" pressed={choices.tool === 'CircularBrush'} disabled={active?.locked} onClick={() => controller.activate('CircularBrush')} />
        <Button label="Eraser" help="Erase from the chosen segment" shortcut="E" pressed={choices.tool === 'CircularEraser'} disabled={active?.locked} onClick={() => controller.activate('CircularEraser')} />
      </div>
      <label className="ms-slider">Size
        <input type="range" className={hotKeysHold} min={1} max={60} value={choices.brush} onChange={event => controller.setBrush(event.target.valueAsNumber)} aria-valuetext={`${choices.brush} mm`} />
        <span className="ms-count">{choices.brush} mm</span>
      </label>
      <div className="ms-grid2">
        <Button label="Undo" help={history.undo ? `Undo: ${history.undo}` : 'Undo'} shortcut="Ctrl+Z" disabled={!history.canUndo} onClick={() => void session.undo()} />
        <Button label="Redo" help={history.redo ? `Redo: ${history.redo}` : 'Redo'} shortcut="Ctrl+Y" disabled={!history.canRedo} onClick={() => void session.redo()} />
        <Button label="Clear slice" help="Forget what was said of the segment on this slice" shortcut="Del" disabled={dead} onClick={() => controller.clearSlice()} />
        <Button label="Reset segment" help="Forget all that was said of the segment" disabled={dead} onClick={() => void session.reset(activeId)} />
      </div>
    </Section>
  );
}
