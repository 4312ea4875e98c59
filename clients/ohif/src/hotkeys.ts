import { promptTools } from './input/tools.ts';

export interface Hotkey {
  readonly commandName: string;
  readonly commandOptions?: Readonly<Record<string, string>>;
  readonly label: string;
  readonly keys: readonly string[];
}

/** Keys of the mode: the viewer's dialog of preferences shows them and lets the person change them. */
export const hotkeys: readonly Hotkey[] = [
  ...promptTools.map(tool => ({ commandName: 'medsam2Tool', commandOptions: { toolName: tool.name }, label: `MedSAM-2: ${tool.label}`, keys: [tool.key] })),
  { commandName: 'medsam2Tool', commandOptions: { toolName: 'CircularBrush' }, label: 'MedSAM-2: Brush', keys: ['w'] },
  { commandName: 'medsam2Tool', commandOptions: { toolName: 'CircularEraser' }, label: 'MedSAM-2: Eraser', keys: ['e'] },
  { commandName: 'medsam2Include', label: 'MedSAM-2: Include or exclude', keys: ['x'] },
  { commandName: 'medsam2NewSegment', label: 'MedSAM-2: New segment', keys: ['n'] },
  { commandName: 'medsam2Run', label: 'MedSAM-2: Run the waiting prompts', keys: ['enter'] },
  { commandName: 'medsam2Follow', label: 'MedSAM-2: Follow through the volume', keys: ['f'] },
  { commandName: 'medsam2Cancel', label: 'MedSAM-2: Cancel', keys: ['esc'] },
  { commandName: 'medsam2NextReading', label: 'MedSAM-2: Next reading of the click', keys: ['q'] },
  { commandName: 'medsam2Uncertainty', label: 'MedSAM-2: Show uncertainty', keys: ['u'] },
  { commandName: 'medsam2ClearSlice', label: 'MedSAM-2: Clear the slice', keys: ['del'] },
  { commandName: 'medsam2Save', label: 'MedSAM-2: Save as draft', keys: ['shift+s'] },
];

/** The viewer's own keys, ours in place of those that ours take. */
export function withOurs<T extends { readonly keys: string | readonly string[] }>(bindings: readonly T[]): (T | Hotkey)[] {
  const taken = new Set(hotkeys.flatMap(each => each.keys));
  return [...bindings.filter(each => !([] as string[]).concat(each.keys as string[]).some(key => taken.has(key))), ...hotkeys];
}
