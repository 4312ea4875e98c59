import type { Controller } from './controller.ts';
import type { Foreign } from './host/host.ts';

/** What hot keys and toolbar buttons call. Undo and redo are the viewer's own outside our mode. */
export function commandsOf(controller: () => Controller, commands: Foreign): Foreign {
  const session = () => controller().session.get().current;
  const instead = (name: 'undo' | 'redo', ours: () => unknown) => {
    const theirs = commands.getCommand(name);
    return { commandFn: (options: unknown) => (controller().isOn ? ours() : theirs?.commandFn(options)) };
  };
  return {
    defaultContext: 'MEDSAM2',
    definitions: {
      medsam2Tool: { commandFn: ({ toolName }: { toolName: string }) => controller().activate(toolName) },
      medsam2Include: { commandFn: () => controller().toggle('include') },
      medsam2NewSegment: { commandFn: () => controller().newSegment() },
      medsam2Run: { commandFn: () => void controller().run() },
      medsam2Follow: { commandFn: () => void controller().propagate() },
      medsam2Cancel: { commandFn: () => controller().cancel() },
      medsam2NextReading: { commandFn: () => void session()?.choose(1) },
      medsam2Uncertainty: { commandFn: () => controller().toggleUncertainty() },
      medsam2ClearSlice: { commandFn: () => controller().clearSlice() },
      medsam2Save: { commandFn: () => void controller().save('original') },
      undo: instead('undo', () => session()?.state.history.canUndo && void session()?.undo()),
      redo: instead('redo', () => session()?.state.history.canRedo && void session()?.redo()),
    },
  };
}
