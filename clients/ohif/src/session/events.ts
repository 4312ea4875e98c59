import type { Change, Committed, MaskFrame } from '../hub/contract.ts';
import type { Book } from './book.ts';

/** Takes what the server sends of what others do in the session. */
export function takeEvent(book: Book, name: string, args: readonly unknown[], onCommitted: (committed: Committed) => void): void {
  const { store, state } = book;
  if (args[0] !== state.info?.sessionId)
    return;
  switch (name) {
    case 'Frames':
      book.apply(args[1] as MaskFrame[]);
      break;
    case 'Changed':
      book.take(args[1] as Change);
      break;
    case 'Joined':
      store.set({ people: [...state.people, String(args[1] || 'somebody')] });
      break;
    case 'Left': {
      const people = [...state.people], at = people.indexOf(String(args[1] || 'somebody'));
      if (at >= 0)
        people.splice(at, 1);
      store.set({ people });
      break;
    }
    case 'Committed':
      onCommitted(args[1] as Committed);
      break;
  }
}
