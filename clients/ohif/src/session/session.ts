import type { Grid } from '../geometry/grid.ts';
import type { Change, Code, Committed, MaskFrame, Plane, PromptAnswer, PromptSpec, PropagateSpec, SessionInfo, Uncertainty, WholeState } from '../hub/contract.ts';
import { advise, ConnectionLost, HubRefusal } from '../hub/errors.ts';
import type { Link } from '../hub/link.ts';
import { ObjectMask } from '../masks/objectMask.ts';
import { Book, isStyled, type Display } from './book.ts';
import { takeEvent } from './events.ts';
import { type Asked, whetherMade } from './made.ts';
import { Reconnection } from './reconnection.ts';
import { describe, wasSaid } from './said.ts';
import type { Segment, SessionState, Task } from './state.ts';
import type { Store } from './store.ts';

/**
 * One person's side of a session at the server: objects and masks as the server has them, calls one after the other, the
 * stream of a propagation, and the way back after a lost connection. It knows no viewer.
 */
export class Session {
  readonly book = new Book();
  onCommitted: (committed: Committed) => void = () => {};

  readonly #link: Link;
  readonly #user: string | null;
  #queue: Promise<unknown> = Promise.resolve();
  #stream: AbortController | null = null;
  readonly #reconnection: Reconnection;
  #closed = false;
  /** Objects of prompts that are not answered yet, one entry a prompt. */
  readonly #asked: number[] = [];

  constructor(link: Link, user: string | null = null) {
    this.#link = link;
    this.#user = user;
    this.#reconnection = new Reconnection(link, this.book, user);
    link.onEvent = (name, args) => takeEvent(this.book, name, args, committed => this.#committed(committed));
  }

  get store(): Store<SessionState> {
    return this.book.store;
  }

  get state(): SessionState {
    return this.book.state;
  }

  get masks(): ReadonlyMap<number, ObjectMask> {
    return this.book.masks;
  }

  get grid(): Grid | null {
    return this.book.grid;
  }

  set display(display: Display) {
    this.book.display = display;
  }

  get active(): Segment | undefined {
    return this.book.find(this.state.activeId);
  }

  /** Opens the image, or goes on with a session where the server still has it. */
  async open(image: string, sessionId: string | null): Promise<void> {
    this.store.set({ phase: 'opening', task: { kind: 'open', text: 'Reading the image…', done: 0, total: 0 } });
    try {
      await this.#link.connect();
      let info: SessionInfo | null = null;
      if (sessionId) {
        try {
          info = await this.#link.invoke<SessionInfo>('OpenSession', { image, sessionId, user: this.#user });
        } catch (error) {
          if (!(error instanceof HubRefusal))
            throw error;
        }
      }
      info ??= await this.#link.invoke<SessionInfo>('OpenSession', { image, user: this.#user });
      this.book.adopt(info);
      if (info.sequence > 0 || info.objects.length > 0)
        this.book.replaceAll(await this.#link.invoke<WholeState>('Mask', { sessionId: info.sessionId }));
      this.store.set({ phase: 'ready', task: null, message: { tone: 'info', text: info.created ? 'Ready: click on an object.' : 'Back in the session.' } });
      this.select(this.state.segments[0]?.objectId ?? 1);
    } catch (error) {
      this.store.set({ phase: 'failed', task: null, message: { tone: 'error', text: advise(error) } });
    }
  }

  /** Leaves the session; the server keeps it for later. */
  async leave(): Promise<void> {
    this.#closed = true;
    this.cancel();
    this.#reconnection.close();
    await this.#link.close();
  }

  /** What an object is before anything was said of it. */
  emptyMask(): ObjectMask {
    return new ObjectMask(this.grid!.dimensions);
  }

  // Segments

  /** Whether nothing was said of an object: nothing that is known, is on its way, or waits. */
  isUntouched(objectId: number): boolean {
    const segment = this.book.find(objectId);
    return !segment?.known && !this.#asked.includes(objectId) && !this.state.pending.some(spec => spec.objectId === objectId);
  }

  newSegment = (name?: string, code?: Code | null): Segment => this.book.newSegment(name, code);
  select = (objectId: number): void => this.book.select(objectId);

  show(objectId: number, visible: boolean): void {
    this.book.patch(objectId, { visible });
    this.book.display.restyled(objectId);
  }

  /** Name, code, colour, lock: here at once, at the server with the next breath or, for an object that it does not know yet, with its first prompt. */
  async restyle(objectId: number, style: { name?: string; code?: Code; colour?: string; locked?: boolean }): Promise<void> {
    const before = this.state.segments.find(segment => segment.objectId === objectId);
    if (!before)
      return;
    this.book.patch(objectId, style);
    this.book.display.restyled(objectId);
    if (before.known && !(await this.#change('RenameObject', { objectId, ...style }, 'Changing the segment…'))) {
      this.book.patch(objectId, before);
      this.book.display.restyled(objectId);
    }
  }

  async removeSegment(objectId: number): Promise<void> {
    const segment = this.state.segments.find(each => each.objectId === objectId);
    if (segment?.known)
      await this.#change('RemoveObject', { objectId }, 'Removing the segment…');
    else
      this.book.forget([objectId]);
  }

  // Prompts

  /** Says it to the server, after what was said before. A propagation that runs is stopped: its start has changed. */
  async prompt(spec: PromptSpec): Promise<boolean> {
    this.cancel();
    this.#asked.push(spec.objectId);
    try {
      return await this.#prompt(spec);
    } finally {
      this.#asked.splice(this.#asked.indexOf(spec.objectId), 1);
    }
  }

  #prompt(spec: PromptSpec): Promise<boolean> {
    return this.#serial({ kind: 'prompt', text: 'Segmenting the slice…', done: 0, total: 0 }, async () => {
      const answer = await this.#reconnection.insist(
        () => this.#link.invoke<PromptAnswer>('Prompt', { sessionId: this.#id, ...spec }),
        () => wasSaid(this.state.segments.find(segment => segment.objectId === spec.objectId)?.prompts, spec));
      if (!answer)
        return; // said before the connection went; the state came with the new one
      const styled = this.state.segments.find(segment => segment.objectId === spec.objectId && isStyled(segment)); // by now, and the server does not know
      this.book.apply([answer.frame]);
      this.book.know([answer.object]);
      const { frame, alternatives } = answer, { objectId, plane, index } = spec;
      this.store.set({
        history: answer.history,
        readings: alternatives.length > 0 && !spec.mask ? { objectId, plane, index, masks: [frame, ...alternatives], chosen: 0 } : spec.mask ? this.state.readings : null,
        message: { tone: 'info', text: describe(answer) },
      });
      if (styled) {
        const { objectId, name, code, colour } = styled;
        const change = await this.#reconnection.insist(() => this.#link.invoke<Change>('RenameObject', { sessionId: this.#id, objectId, name, code, colour }), () => false);
        this.book.take(change!);
      }
    });
  }

  keep(spec: PromptSpec): void {
    this.store.set({ pending: [...this.state.pending, spec], message: { tone: 'info', text: 'Waiting for Run (Enter).' } });
  }

  dropPending(): void {
    this.store.set({ pending: [] });
  }

  async runPending(): Promise<boolean> {
    const waiting = this.state.pending;
    this.store.set({ pending: [] });
    const ended = await Promise.all(waiting.map(spec => this.prompt(spec)));
    return ended.length > 0 && ended.every(Boolean);
  }

  /** Takes another reading of the last click for the slice. */
  async choose(step: number): Promise<void> {
    const readings = this.state.readings;
    if (!readings)
      return;
    const chosen = (readings.chosen + step + readings.masks.length) % readings.masks.length;
    this.store.set({ readings: { ...readings, chosen } });
    const { box, runs } = readings.masks[chosen]!;
    if (await this.prompt({ objectId: readings.objectId, plane: readings.plane, index: readings.index, mask: { box, runs }, replace: true }))
      this.store.set({ message: { tone: 'info', text: `Reading ${chosen + 1} of ${readings.masks.length}.` } });
    else if (this.state.readings?.chosen === chosen)
      this.store.set({ readings });
  }

  // Through the volume

  /**
   * Carries objects through the volume. A lost connection interrupts it; it goes on where it was.
   * @param plan says what to carry when its turn has come: what was said before is answered by then. What it throws is told.
   */
  propagate(plan: () => PropagateSpec): Promise<boolean> {
    this.cancel();
    const control = new AbortController();
    this.#stream = control;
    const text = 'Following through the volume…';
    return this.#serial({ kind: 'propagate', text, done: 0, total: 0 }, async () => {
      if (control.signal.aborted)
        return;
      const began = performance.now(), spec = plan();
      const frames = await this.#carry(spec, control.signal, frame => this.store.set({
        task: { kind: 'propagate', text: frame.passes > 1 ? `Pass ${frame.pass} of ${frame.passes}` : text, done: frame.done, total: frame.total },
      }));
      const objectId = spec.objectIds.length === 1 ? spec.objectIds[0] : null;
      const state = (await this.#reconnection.insist(() => this.#link.invoke<WholeState>('Mask', { sessionId: this.#id, objectId }), () => false))!;
      this.book.know(state.objects);
      if (control.signal.aborted)
        this.book.apply(state.frames); // the server was a few slices ahead of what had come
      const seconds = (performance.now() - began) / 1000;
      this.store.set({
        history: state.history,
        message: { tone: 'info', text: control.signal.aborted ? `Stopped after ${frames} slices.` : `Done: ${frames} slices in ${seconds.toFixed(1)} s.` },
      });
    }).finally(() => {
      if (this.#stream === control)
        this.#stream = null;
    });
  }

  /** @returns how many frames came. */
  async #carry(spec: PropagateSpec, signal: AbortSignal, onFrame: (frame: MaskFrame) => void): Promise<number> {
    let frames = 0, resumeFrom: number | null = null;
    while (!signal.aborted) {
      try {
        await this.#link.stream<MaskFrame>('Propagate', { sessionId: this.#id, ...spec, resumeFrom }, frame => {
          frames++;
          this.book.apply([frame]);
          onFrame(frame);
        }, signal);
        break;
      } catch (error) {
        if (!(error instanceof ConnectionLost))
          throw error;
        await this.#reconnection.back();
        resumeFrom = this.book.sequence;
      }
    }
    return frames;
  }

  cancel(): void {
    this.#stream?.abort();
  }

  // History and state

  undo = (): Promise<boolean> => this.#change('Undo', {}, 'Undoing…');
  redo = (): Promise<boolean> => this.#change('Redo', {}, 'Redoing…');
  clearSlice = (objectId: number, plane: Plane, index: number): Promise<boolean> => this.#change('ClearSlice', { objectId, plane, index }, 'Clearing the slice…');
  reset = (objectId: number): Promise<boolean> => this.#change('Reset', { objectId }, 'Clearing…');
  load = (labelId: string): Promise<boolean> => this.#change('LoadLabel', { labelId }, 'Opening the segmentation…');

  async uncertainty(objectId: number, plane: Plane, index: number): Promise<Uncertainty> {
    return this.#link.invoke<Uncertainty>('Uncertainty', { sessionId: this.#id, objectId, plane, index });
  }

  /** Stores the objects as one segmentation. */
  async commit(tag: string, encoding: 'binary' | 'labelmap'): Promise<Committed | null> {
    let stored: Committed | null = null;
    await this.#serial({ kind: 'save', text: 'Saving…', done: 0, total: 0 }, async () => {
      const labels = this.state.segments.filter(segment => segment.known).map(({ objectId, name, code }) => ({ objectId, name, code }));
      // Said twice, it takes its own place.
      stored = (await this.#reconnection.insist(() => this.#link.invoke<Committed>('Commit', { sessionId: this.#id, objectIds: labels.map(label => label.objectId), labels, tag, encoding }), () => false))!;
      this.#committed(stored);
    });
    return stored;
  }

  // Within

  get #id(): string {
    const id = this.state.info?.sessionId;
    if (!id)
      throw new Error('The image is not open yet.');
    return id;
  }

  #change(method: string, request: Asked, text: string): Promise<boolean> {
    return this.#serial({ kind: 'change', text, done: 0, total: 0 }, async () => {
      let wasMade = () => false;
      const change = await this.#reconnection.insist(() => {
        wasMade = whetherMade(method, request, this.book);
        return this.#link.invoke<Change>(method, { sessionId: this.#id, ...request });
      }, () => wasMade());
      if (change)
        this.book.take(change);
      this.store.set({ readings: null, message: { tone: 'info', text: 'Done.' } });
    });
  }

  /** One call after the other; a failure is told and ends only its own. */
  #serial(task: Task, work: () => Promise<void>): Promise<boolean> {
    const run = this.#queue.then(async () => {
      this.store.set({ task });
      try {
        await work();
        return true;
      } catch (error) {
        if (!this.#closed)
          this.store.set({ message: { tone: 'error', text: advise(error) } });
        return false;
      } finally {
        this.store.set({ task: null });
      }
    });
    this.#queue = run;
    return run;
  }

  #committed(stored: Committed): void {
    const names = this.state.segments.filter(segment => stored.objects.includes(segment.objectId)).map(segment => segment.name);
    const others = this.state.stored.filter(each => each.id !== stored.labelId || each.tag !== stored.tag);
    this.store.set({ stored: [...others, { id: stored.labelId, tag: stored.tag, names, sopInstanceUid: stored.sopInstanceUid }] });
    this.store.set({ message: { tone: 'info', text: stored.waiting ? `Saved here; the archive has not taken it yet. ${stored.waiting}` : `Saved as ${stored.tag}.` } });
    this.onCommitted(stored);
  }
}
