import type { Code, Direction, Orientations } from './hub/contract.ts';

/** A structure with its code, to name a segment by. */
export interface Preset {
  readonly label: string;
  readonly code: Code;
}

/** What the viewer's configuration says of us. */
export interface Settings {
  readonly hub: string;
  readonly version: string;
  readonly labels: readonly string[];
  readonly presets: readonly Preset[];
}

/** What the person has chosen in the panel. */
export interface Choices {
  readonly tool: string;
  readonly include: boolean;
  readonly live: boolean;
  readonly follow: boolean;
  /** Objects in closer views, too; null: as the session has it. */
  readonly closer: boolean | null;
  readonly direction: Direction;
  readonly count: number | null;
  readonly orientations: Orientations | null;
  readonly all: boolean;
  readonly brush: number;
  readonly uncertainty: boolean;
  readonly strategy: string;
}

export const atFirst: Choices = {
  tool: '', include: true, live: true, follow: false, closer: null, direction: 'both', count: null, orientations: null, all: false, brush: 8, uncertainty: false, strategy: 'first',
};
