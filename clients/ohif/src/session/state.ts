import type { Alternative, Code, History, ObjectInfo, Plane, PromptSpec, SessionInfo, StoredInfo } from '../hub/contract.ts';

/** An object of the session, or one that has only been named here yet. */
export interface Segment extends Omit<ObjectInfo, 'colour'> {
  readonly colour: string;
  readonly visible: boolean;
  /** Whether the server knows it. */
  readonly known: boolean;
}

/** Readings of the last click, to flip through. */
export interface Readings {
  readonly objectId: number;
  readonly plane: Plane;
  readonly index: number;
  /** The answer itself, then the others. */
  readonly masks: readonly Alternative[];
  readonly chosen: number;
}

export interface Task {
  readonly kind: 'open' | 'prompt' | 'propagate' | 'save' | 'change';
  readonly text: string;
  readonly done: number;
  readonly total: number;
}

export interface Message {
  readonly tone: 'info' | 'error';
  readonly text: string;
}

export interface SessionState {
  readonly phase: 'none' | 'opening' | 'ready' | 'failed';
  /** Null before the first connection. */
  readonly connected: boolean | null;
  readonly info: SessionInfo | null;
  readonly segments: readonly Segment[];
  readonly activeId: number;
  readonly history: History;
  readonly readings: Readings | null;
  /** Prompts that wait for the person to run them. */
  readonly pending: readonly PromptSpec[];
  readonly task: Task | null;
  readonly message: Message;
  readonly stored: readonly StoredInfo[];
  readonly people: readonly string[];
}

export const nothing: History = { canUndo: false, canRedo: false, undo: '', redo: '' };

export const initial: SessionState = {
  phase: 'none',
  connected: null,
  info: null,
  segments: [],
  activeId: 1,
  history: nothing,
  readings: null,
  pending: [],
  task: null,
  message: { tone: 'info', text: 'Open an image to begin.' },
  stored: [],
  people: [],
};

/** Colours that are told apart on grey images, by eyes that see few of them, too. */
export const palette = ['#ff5c5c', '#4fc3f7', '#ffd54f', '#81c784', '#ba68c8', '#ff8a65', '#4db6ac', '#f06292', '#a1887f', '#dce775', '#7986cb', '#90a4ae'];

export const colourOf = (objectId: number): string => palette[(objectId - 1) % palette.length]!;

/** As the server calls it, too, until somebody says otherwise. */
export function draft(objectId: number, name = `Object ${objectId}`, code: Code | null = null): Segment {
  return { objectId, name, code, colour: colourOf(objectId), locked: false, prompts: [], sliceCount: 0, visible: true, known: false };
}
