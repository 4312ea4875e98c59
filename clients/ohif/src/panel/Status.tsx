import type { SessionState } from '../session/state.ts';
import { Button } from './ui.tsx';

/** Connection, what is being done, and what happened last. */
export function Status({ state, onCancel }: { state: SessionState; onCancel: () => void }) {
  const { task, message, connected, info, people } = state;
  const busy = task !== null;
  return (
    <header className="ms-status">
      <p className="ms-note">For research only. Not for clinical use.</p>
      <div className="ms-row ms-between">
        <span className="ms-model" title="The model that segments">{info?.model ?? 'MedSAM-2'}</span>
        <span className={`ms-link ${connected === false ? 'lost' : ''}`}>
          <i aria-hidden="true" />{connected === false ? 'Connection lost' : connected ? 'Connected' : 'Connecting…'}
        </span>
      </div>
      {connected === false && <p className="ms-error" role="alert">The server does not answer. Nothing is lost: it goes on by itself when the server is there again.</p>}
      {people.length > 0 && <p className="ms-soft">Also here: {people.join(', ')}</p>}
      {message.tone === 'error' ? <p className="ms-error" role="alert" data-testid="medsam2-message">{message.text}</p> : <p role="status" data-testid="medsam2-message">{busy ? task.text : message.text}</p>}
      <div className="ms-row">
        <progress aria-label="Progress" max={Math.max(task?.total ?? 0, 1)} {...(busy && task.total === 0 ? {} : { value: busy ? task.done : 0 })} />
        <span className="ms-count">{busy && task.total > 0 ? `${task.done}/${task.total}` : ''}</span>
        <Button label="Cancel" help="Stop the work that runs" shortcut="Esc" disabled={task?.kind !== 'propagate'} onClick={onCancel} />
      </div>
    </header>
  );
}
