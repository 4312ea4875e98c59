import type { Choices } from '../choices.ts';
import type { Controller } from '../controller.ts';
import { promptTools } from '../input/tools.ts';
import type { Session } from '../session/session.ts';
import type { SessionState } from '../session/state.ts';
import { Button, Check, Section } from './ui.tsx';

/** Ways to say where the object is. */
export function Prompts({ controller, session, choices, state }: { controller: Controller; session: Session; choices: Choices; state: SessionState }) {
  const { readings, pending } = state;
  const closer = choices.closer ?? state.info?.closerLook ?? false;
  return (
    <Section title="Prompt">
      <div className="ms-grid4" role="group" aria-label="Tool">
        {promptTools.map(tool => (
          <Button key={tool.name} label={tool.label} help={`${tool.label}: ${tool.help}`} shortcut={tool.key.toUpperCase()} pressed={choices.tool === tool.name} onClick={() => controller.activate(tool.name)} />
        ))}
      </div>
      <div className="ms-grid2" role="group" aria-label="Meaning of points and scribbles">
        <Button label="+ Include" help="Points and scribbles are on the object; Alt turns it round" shortcut="X" pressed={choices.include} onClick={() => choices.include || controller.toggle('include')} />
        <Button label="− Exclude" help="Points and scribbles are on what is not the object; Alt turns it round" shortcut="X" pressed={!choices.include} onClick={() => choices.include && controller.toggle('include')} />
      </div>
      <div className="ms-row ms-wrap">
        <Check label="Live" help="Segment at each prompt, without Run" checked={choices.live} onChange={() => controller.toggle('live')} />
        <Check label="Follow at once" help="After each prompt, follow through the volume" checked={choices.follow} onChange={() => controller.toggle('follow')} />
        <Check label="Closer look" help="From its next prompt on an object with a box is also looked at in two closer views: better masks for three times the work" checked={closer} onChange={() => controller.choices.set({ closer: !closer })} />
      </div>
      {!choices.live && (
        <div className="ms-row">
          <Button label={`Run (${pending.length})`} help="Segment with the prompts that wait" shortcut="Enter" kind="main" disabled={pending.length === 0} onClick={() => void controller.run()} />
          <Button label="Forget" help="Forget the prompts that wait" disabled={pending.length === 0} onClick={() => session.dropPending()} />
        </div>
      )}
      {readings && (
        <div className="ms-row ms-between" role="group" aria-label="Readings of the click">
          <Button label="Previous reading" kind="icon" onClick={() => void session.choose(-1)}>‹</Button>
          <span>{`Reading ${readings.chosen + 1} of ${readings.masks.length}`}</span>
          <Button label="Next reading" kind="icon" shortcut="Q" onClick={() => void session.choose(1)}>›</Button>
        </div>
      )}
    </Section>
  );
}
