import { Grid } from '../geometry/grid.ts';
import type { Change, Code, MaskFrame, ObjectInfo, SessionInfo, WholeState } from '../hub/contract.ts';
import { ObjectMask } from '../masks/objectMask.ts';
import { colourOf, draft, initial, type Segment, type SessionState } from './state.ts';
import { Store } from './store.ts';

/** What shows masks; each call says what changed, the masks themselves are in the session. */
export interface Display {
  changed(objectId: number, slices: readonly number[]): void;
  removed(objectId: number): void;
  /** Name, colour or visibility. */
  restyled(objectId: number): void;
}

/** What is known of a session: its objects, their voxels, the last frame. The server's word replaces what is here. */
export class Book {
  readonly store = new Store<SessionState>(initial);
  readonly masks = new Map<number, ObjectMask>();
  grid: Grid | null = null;
  display: Display = { changed() {}, removed() {}, restyled() {} };
  /** The last frame's number. */
  sequence = 0;

  get state(): SessionState {
    return this.store.get();
  }

  find(objectId: number): Segment | undefined {
    return this.state.segments.find(segment => segment.objectId === objectId);
  }

  /** A segment that only this window knows of, until something is said of it. */
  newSegment(name?: string, code: Code | null = null): Segment {
    const id = Math.max(0, ...this.state.segments.map(segment => segment.objectId)) + 1;
    const segment = draft(id, name, code);
    this.store.set({ segments: [...this.state.segments, segment], activeId: id, readings: null });
    return segment;
  }

  select(objectId: number): void {
    if (this.state.segments.length === 0)
      this.newSegment();
    else if (this.state.segments.some(segment => segment.objectId === objectId))
      this.store.set({ activeId: objectId, readings: this.state.readings?.objectId === objectId ? this.state.readings : null });
  }

  /** Begins a session. */
  adopt(info: SessionInfo): void {
    this.grid = new Grid(info);
    this.masks.clear();
    this.sequence = 0;
    this.store.set({ info, history: info.history, stored: info.labels, readings: null, pending: [] });
    this.know(info.objects);
  }

  replaceAll(state: WholeState): void {
    const known = new Set(state.objects.map(object => object.objectId));
    this.forget(this.state.segments.filter(segment => segment.known && !known.has(segment.objectId)).map(segment => segment.objectId));
    for (const [objectId, mask] of this.masks) {
      const slices = mask.touched;
      this.masks.set(objectId, new ObjectMask(this.grid!.dimensions));
      this.display.changed(objectId, slices);
    }
    this.know(state.objects);
    this.apply(state.frames);
    this.sequence = state.sequence;
    this.store.set({ history: state.history });
  }

  take(change: Change): void {
    this.forget(change.removed);
    this.know(change.objects);
    this.apply(change.frames);
    this.store.set({ history: change.history });
  }

  apply(frames: readonly MaskFrame[]): void {
    for (const frame of frames) {
      let mask = this.masks.get(frame.objectId);
      if (!mask)
        this.masks.set(frame.objectId, (mask = new ObjectMask(this.grid!.dimensions)));
      const slices = mask.write(frame.plane, frame.index, frame);
      this.sequence = Math.max(this.sequence, frame.sequence);
      if (slices.length > 0)
        this.display.changed(frame.objectId, slices);
    }
  }

  know(objects: readonly ObjectInfo[]): void {
    if (objects.length === 0)
      return;
    const segments = [...this.state.segments];
    for (const object of objects) {
      const at = segments.findIndex(segment => segment.objectId === object.objectId);
      const before = segments[at];
      const segment: Segment = {
        ...object,
        colour: object.colour ?? before?.colour ?? colourOf(object.objectId),
        // Until the server was told of it, what the person called it here holds.
        ...(before && isStyled(before) ? { name: before.name, code: before.code, colour: before.colour } : {}),
        visible: before?.visible ?? true,
        known: true,
      };
      if (at >= 0)
        segments[at] = segment;
      else
        segments.push(segment);
    }
    segments.sort((a, b) => a.objectId - b.objectId);
    this.store.set({ segments });
    objects.forEach(object => this.display.restyled(object.objectId));
  }

  forget(objectIds: readonly number[]): void {
    if (objectIds.length === 0)
      return;
    const segments = this.state.segments.filter(segment => !objectIds.includes(segment.objectId));
    for (const objectId of objectIds) {
      this.masks.delete(objectId);
      this.display.removed(objectId);
    }
    this.store.set({ segments, readings: null });
    if (!segments.some(segment => segment.objectId === this.state.activeId))
      this.select(segments[0]?.objectId ?? 1);
  }

  patch(objectId: number, part: Partial<Segment>): void {
    this.store.set({ segments: this.state.segments.map(segment => (segment.objectId === objectId ? { ...segment, ...part } : segment)) });
  }
}

/** Whether the person gave it a name or colour that the server does not know of. */
export function isStyled({ known, objectId, code, name, colour }: Segment): boolean {
  return !known && (code !== null || name !== draft(objectId).name || colour !== colourOf(objectId));
}
