import { useSyncExternalStore } from 'react';
import type { Controller } from '../controller.ts';
import type { Session } from '../session/session.ts';
import { Editing } from './Editing.tsx';
import { Prompts } from './Prompts.tsx';
import { Saving } from './Saving.tsx';
import { Segments } from './Segments.tsx';
import { Status } from './Status.tsx';
import { Button, keepKeys } from './ui.tsx';
import { Volume } from './Volume.tsx';

export function Panel({ controller }: { controller: Controller }) {
  const { current } = useSyncExternalStore(controller.session.subscribe, controller.session.get);
  return (
    <section aria-label="MedSAM-2" onKeyDown={keepKeys}>
      {current ? <Work controller={controller} session={current} /> : <p className="ms-note" role="status">Open an image to begin. For research only, not for clinical use.</p>}
    </section>
  );
}

function Work({ controller, session }: { controller: Controller; session: Session }) {
  const state = useSyncExternalStore(session.store.subscribe, session.store.get);
  const choices = useSyncExternalStore(controller.choices.subscribe, controller.choices.get);
  const server = useSyncExternalStore(controller.server.state.subscribe, controller.server.state.get);
  return (
    <>
      <Status state={state} onCancel={() => controller.cancel()} />
      {state.phase === 'failed' && <Button label="Try again" help="Open the image once more" kind="main" onClick={() => controller.reopen()} />}
      {state.phase === 'ready' && (
        <>
          <Prompts controller={controller} session={session} choices={choices} state={state} />
          <Segments controller={controller} session={session} state={state} />
          <Volume controller={controller} choices={choices} state={state} />
          <Editing controller={controller} session={session} choices={choices} state={state} />
          <Saving controller={controller} session={session} choices={choices} state={state} server={server} />
        </>
      )}
    </>
  );
}
