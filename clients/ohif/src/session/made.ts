import type { History, Plane, PromptInfo } from '../hub/contract.ts';
import type { Book } from './book.ts';
import type { Segment, SessionState } from './state.ts';

/** What a change of the session is about; which fields there are depends on the call. */
export interface Asked {
  readonly objectId?: number;
  readonly plane?: Plane;
  readonly index?: number;
  readonly labelId?: string;
}

type Answer = 'made' | 'not made' | 'unknown';

/**
 * Remembers the session as it is before a change is asked for. What it gives tells, once the connection is back, whether the
 * server made the change although its answer never came. Others may have changed the session meanwhile, and a session that the
 * server had lost has other numbers and other steps: that something differs says nothing, so each change looks at what it is about.
 * @returns false also where making it twice does no harm. It throws what to tell the person where it cannot be known.
 */
export function whetherMade(method: string, asked: Asked, book: Book): () => boolean {
  const before = book.state, { sequence } = book;
  return () => {
    const now = book.state, isRestored = now.info?.sessionId !== before.info?.sessionId;
    const answer = find();
    if (answer === 'unknown')
      throw new Error('The connection was lost before the server answered, and the session was changed meanwhile: check whether it was done, and if not, do it again.');
    return answer === 'made';

    function find(): Answer {
      switch (method) {
        case 'Undo':
        case 'Redo':
          // Its steps are those that put the objects back: undone, they would be taken from the person.
          if (isRestored)
            throw new Error('The server had lost the session, and with it the steps to undo and redo: nothing was undone or redone.');
          return moved(method === 'Redo', before.history, now.history, book.sequence !== sequence);
        case 'RemoveObject':
        case 'Reset':
        case 'ClearSlice':
          return forgotten(method, asked, known(before, asked.objectId), known(now, asked.objectId), isRestored);
        case 'LoadLabel':
          return loaded(asked.labelId, before, now);
        default:
          return 'not made'; // a name twice is the same name
      }
    }
  };
}

const known = (state: SessionState, objectId?: number): Segment | undefined => state.segments.find(segment => segment.known && segment.objectId === objectId);

/** A step that was undone is the one to redo, and the other way round. */
function moved(redo: boolean, before: History, now: History, hasFrames: boolean): Answer {
  const isSame = now.canUndo === before.canUndo && now.canRedo === before.canRedo && now.undo === before.undo && now.redo === before.redo;
  if (isSame)
    return hasFrames ? 'unknown' : 'not made'; // two steps may have the same text
  const isMade = redo ? before.canRedo && now.canUndo && now.undo === before.redo : before.canUndo && now.canRedo && now.redo === before.undo;
  return isMade ? 'made' : 'unknown';
}

function forgotten(method: 'RemoveObject' | 'Reset' | 'ClearSlice', asked: Asked, before: Segment | undefined, now: Segment | undefined, isRestored: boolean): Answer {
  if (!before)
    return 'not made'; // there was nothing to forget, which the server says
  if (!now)
    return 'made';
  if (isRestored)
    return 'not made'; // it came from this window, as it was before
  const then = said(before, asked), still = said(now, asked);
  if (still.length === 0)
    return method === 'RemoveObject' || then.length === 0 || (method === 'Reset' && now.sliceCount > 0) ? 'not made' : 'made';
  // Where nothing is left of what was said then, somebody spoke after the change, or in its stead: theirs is not to be forgotten.
  return still.some(each => then.includes(each)) ? 'not made' : 'unknown';
}

/** What was said of an object, or of one of its slices: each point, box and mask by itself. */
function said({ prompts }: Segment, { plane, index }: Asked): string[] {
  const parts = ({ points, box, hasMask }: PromptInfo): unknown[] =>
    [...points.map(({ at, include }) => [...at, include]), ...(box ? [[...box.min, ...box.max]] : []), ...(hasMask ? ['mask'] : [])];
  return prompts
    .filter(prompt => plane === undefined || (prompt.plane === plane && prompt.index === index))
    .flatMap(prompt => parts(prompt).map(part => JSON.stringify([prompt.plane, prompt.index, part])));
}

/** Loading makes objects with ids that were free, of the names that the label has, whose slices count as painted by hand. */
function loaded(labelId: string | undefined, before: SessionState, now: SessionState): Answer {
  const painted = now.segments.filter(segment => segment.known && !known(before, segment.objectId) && segment.prompts.some(prompt => prompt.hasMask));
  if (painted.length === 0)
    return 'not made';
  const names = before.stored.find(stored => stored.id === labelId)?.names ?? [];
  return names.length > 0 && names.every(name => painted.some(segment => segment.name === name)) ? 'made' : 'unknown';
}
