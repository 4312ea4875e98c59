import type { SessionInfo, WholeState } from '../hub/contract.ts';
import { advise, ConnectionLost, HubRefusal } from '../hub/errors.ts';
import type { Link } from '../hub/link.ts';
import type { Book } from './book.ts';

/** Between two attempts to get the session back from a server that is there and not ready, in ms. */
const pause = 1000;

/** The way back after a lost connection: the session as the server has it, or, where it has lost it, as this window has it. */
export class Reconnection {
  readonly #link: Link;
  readonly #book: Book;
  readonly #user: string | null;
  #joined: Promise<void> = Promise.resolve();
  #joinedDone: () => void = () => {};
  #isClosed = false;

  constructor(link: Link, book: Book, user: string | null) {
    this.#link = link;
    this.#book = book;
    this.#user = user;
    link.onState = state => void this.#onLink(state === 'connected');
  }

  /** Lets those who wait go on, which fails. */
  close(): void {
    this.#isClosed = true;
    this.#joinedDone();
  }

  /** Ends when the session is here again. @throws ConnectionLost where it was closed meanwhile. */
  async back(): Promise<void> {
    await this.#joined;
    if (this.#isClosed)
      throw new ConnectionLost('The image was closed.');
  }

  /** Calls again after a lost connection, unless the server turns out to have done it: then null. What `wasDone` throws ends it. */
  async insist<T>(call: () => Promise<T>, wasDone: () => boolean): Promise<T | null> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof ConnectionLost))
          throw error;
        await this.back();
        if (wasDone())
          return null;
      }
    }
  }

  async #onLink(connected: boolean): Promise<void> {
    const { store, state } = this.#book;
    if (!connected) {
      if (state.connected !== false)
        this.#joined = new Promise(done => (this.#joinedDone = done));
      store.set({ connected: false });
      return;
    }
    if (state.connected === false && state.info && !(await this.#takeUp(state.info)))
      return; // gone again; the next connection comes here, too
    store.set({ connected: true });
    this.#joinedDone();
  }

  /** @returns false where the connection went meanwhile. */
  async #takeUp(info: SessionInfo): Promise<boolean> {
    while (!this.#isClosed) {
      try {
        await this.#rejoin(info);
        return true;
      } catch (error) {
        if (error instanceof ConnectionLost)
          return false;
        this.#book.store.set({ message: { tone: 'error', text: advise(error) } });
        // One that has only just started, or is full, takes the session up a little later.
        if (!(error instanceof HubRefusal) || !['unavailable', 'busy'].includes(error.code))
          return true;
        await new Promise(done => setTimeout(done, pause));
      }
    }
    return false;
  }

  async #rejoin({ sessionId, image }: SessionInfo): Promise<void> {
    try {
      const info = await this.#link.invoke<SessionInfo>('OpenSession', { sessionId, user: this.#user });
      this.#book.replaceAll(await this.#link.invoke<WholeState>('Mask', { sessionId }));
      this.#book.store.set({ stored: info.labels, people: [], message: { tone: 'info', text: 'Connected again; nothing was lost.' } });
    } catch (error) {
      if (!(error instanceof HubRefusal) || !['not_found', 'gone'].includes(error.code))
        throw error;
      await this.#restore(image);
    }
  }

  /** The server has lost the session, its data folder is another one or it was left alone for too long: what is seen here becomes a new one. */
  async #restore(image: string): Promise<void> {
    const { store, masks } = this.#book;
    const info = await this.#link.invoke<SessionInfo>('OpenSession', { image, user: this.#user });
    const { sessionId } = info;
    for (const { objectId, name, code, colour } of this.#book.state.segments.filter(each => each.known)) {
      const mask = masks.get(objectId);
      for (const k of mask?.touched ?? []) {
        const data = mask!.slice(k);
        if (data.runs.length > 0)
          await this.#link.invoke('Prompt', { sessionId, objectId, plane: 'k', index: k, mask: data, replace: true });
      }
      if (!mask?.isEmpty)
        await this.#link.invoke('RenameObject', { sessionId, objectId, name, code, colour });
    }
    // Only a whole one takes the place of what is here: the connection may go on the way.
    const state = await this.#link.invoke<WholeState>('Mask', { sessionId });
    store.set({ info, stored: info.labels, people: [] });
    this.#book.replaceAll(state);
    store.set({ message: { tone: 'info', text: 'The server had lost the session: it was restored from this window.' } });
  }
}
