import type { Grid } from '../geometry/grid.ts';
import type { Foreign, Host } from '../host/host.ts';
import type { Edit } from '../masks/objectMask.ts';
import type { Display } from '../session/book.ts';
import type { Session } from '../session/session.ts';
import { isVolume, sliceOfImage, type Viewports } from './viewports.ts';

interface Layer {
  readonly segmentationId: string;
  /** Label image of each slice (k). */
  readonly images: ReadonlyMap<number, string>;
}

/** Shortest time in ms between two messages to the viewer: one a slice floods it, and then a change of layout loses the overlay. */
const pause = 200;

/**
 * Shows the session's masks in the viewer: a labelmap an object, so that objects may overlap; and finds what the viewer's
 * own brushes change in them.
 */
export class Labelmaps implements Display {
  onEdited: (objectId: number, edits: readonly Edit[]) => void = () => {};

  readonly #host: Host;
  readonly #session: Session;
  readonly #viewports: Viewports;
  readonly #grid: Grid;
  readonly #layers = new Map<number, Promise<Layer | null>>();
  readonly #ready = new Map<number, Layer>();
  readonly #dirty = new Map<number, Set<number>>();
  readonly #touched = new Map<number, Set<number>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #editTimer: ReturnType<typeof setTimeout> | undefined;
  #healTimer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;
  #isOwn = false;
  #isDown = false;
  #isClosed = false;
  readonly #leave: (() => void)[] = [];

  constructor(host: Host, session: Session, viewports: Viewports, grid: Grid) {
    this.#host = host;
    this.#session = session;
    this.#viewports = viewports;
    this.#grid = grid;
    this.#listen();
  }

  /** A labelmap that the viewer's brushes can paint on. */
  async ensure(objectId: number): Promise<void> {
    await this.#layer(objectId);
    this.activate(objectId);
  }

  /** Brushes paint on the active segmentation. */
  activate(objectId: number): void {
    const layer = this.#ready.get(objectId);
    if (!layer)
      return;
    const { segmentationService } = this.#host.services;
    for (const viewport of this.#viewports.all())
      segmentationService.setActiveSegmentation(viewport.id, layer.segmentationId);
    segmentationService.setActiveSegment(layer.segmentationId, 1);
  }

  changed(objectId: number, slices: readonly number[]): void {
    const dirty = this.#dirty.get(objectId) ?? new Set();
    slices.forEach(k => dirty.add(k));
    this.#dirty.set(objectId, dirty);
    void this.#layer(objectId).then(() => this.#soon());
  }

  removed(objectId: number): void {
    const layer = this.#ready.get(objectId);
    this.#ready.delete(objectId);
    this.#layers.delete(objectId);
    this.#dirty.delete(objectId);
    this.#touched.delete(objectId);
    if (layer)
      this.#host.services.segmentationService.remove(layer.segmentationId);
  }

  restyled(objectId: number): void {
    const layer = this.#ready.get(objectId);
    if (layer)
      this.#viewports.all().forEach(viewport => this.#style(viewport.id, objectId, layer));
  }

  segmentationOf(objectId: number): string | undefined {
    return this.#ready.get(objectId)?.segmentationId;
  }

  /** Puts back what the session has, where a hand's change was refused. */
  repaint(objectId: number, slices: readonly number[]): void {
    this.changed(objectId, slices);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#editTimer);
    clearTimeout(this.#healTimer);
    this.#leave.forEach(leave => leave());
    for (const layer of this.#ready.values()) {
      if (this.#host.services.segmentationService.getSegmentation(layer.segmentationId))
        this.#host.services.segmentationService.remove(layer.segmentationId);
    }
    this.#ready.clear();
  }

  #layer(objectId: number): Promise<Layer | null> {
    let layer = this.#layers.get(objectId);
    if (!layer) {
      layer = this.#create(objectId);
      this.#layers.set(objectId, layer);
    }
    return layer;
  }

  async #create(objectId: number): Promise<Layer | null> {
    const { segmentationService } = this.#host.services;
    const name = this.#session.state.segments.find(segment => segment.objectId === objectId)?.name ?? `Segment ${objectId}`;
    // The id must not contain the display set's own: the viewer then takes the labelmap for the image.
    const segmentationId = crypto.randomUUID();
    await segmentationService.createLabelmapForDisplaySet(this.#viewports.displaySet, { segmentationId, label: name, segments: { 1: { label: name, active: true } } });
    if (this.#isClosed)
      return null;
    const images = new Map<number, string>();
    for (const id of segmentationService.getSegmentation(segmentationId).representationData.Labelmap.imageIds) {
      const k = sliceOfImage(this.#host, this.#host.cs.cache.getImage(id).referencedImageId, this.#grid);
      if (k !== undefined)
        images.set(k, id);
    }
    const layer = { segmentationId, images };
    this.#ready.set(objectId, layer);
    for (const viewport of this.#viewports.all())
      await this.#add(viewport, objectId, layer);
    this.activate(this.#session.state.activeId);
    return layer;
  }

  async #add(viewport: Foreign, objectId: number, layer: Layer): Promise<void> {
    await this.#host.services.segmentationService.addSegmentationRepresentation(viewport.id, { segmentationId: layer.segmentationId, type: 'Labelmap' });
    this.#style(viewport.id, objectId, layer);
  }

  #style(viewportId: string, objectId: number, { segmentationId }: Layer): void {
    const { segmentationService } = this.#host.services;
    const segment = this.#session.state.segments.find(each => each.objectId === objectId);
    if (!segment || !segmentationService.getSegmentationRepresentations(viewportId, { segmentationId })?.length)
      return;
    const [r, g, b] = [1, 3, 5].map(at => parseInt(segment.colour.slice(at, at + 2), 16));
    segmentationService.setSegmentColor(viewportId, segmentationId, 1, [r, g, b, 255]);
    segmentationService.setSegmentVisibility(viewportId, segmentationId, 1, segment.visible);
  }

  #soon(): void {
    const wait = pause - (performance.now() - this.#last);
    if (wait <= 0 && !this.#timer)
      this.#flush();
    else
      this.#timer ??= setTimeout(() => this.#flush(), Math.max(wait, 0));
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#last = performance.now();
    for (const [objectId, slices] of this.#dirty) {
      const layer = this.#ready.get(objectId);
      if (!layer)
        continue;
      this.#dirty.delete(objectId);
      const mask = this.#session.masks.get(objectId);
      for (const k of slices) {
        const pixels = this.#pixels(layer, k);
        if (pixels && mask)
          mask.paint(k, pixels, 1);
        else
          pixels?.fill(0);
      }
      this.#tell(layer, slices);
    }
    // A list of slices is now and then not drawn in a reformatted view: one message without it ends the burst.
    clearTimeout(this.#healTimer);
    this.#healTimer = setTimeout(() => {
      if (this.#viewports.all().some(isVolume)) // on a stack it would only cost time, the more the longer the series
        this.#ready.forEach(layer => this.#tell(layer, null));
    }, 2 * pause);
  }

  #tell(layer: Layer, slices: Iterable<number> | null): void {
    const labelmap = this.#host.services.segmentationService.getSegmentation(layer.segmentationId)?.representationData.Labelmap;
    if (!labelmap)
      return;
    const order: string[] = (labelmap.volumeId && this.#host.cs.cache.getVolume(labelmap.volumeId)?.imageIds) || labelmap.imageIds;
    const list = slices && [...slices].map(k => order.indexOf(layer.images.get(k) ?? '')).filter(at => at >= 0);
    this.#isOwn = true;
    try {
      this.#host.cst.segmentation.triggerSegmentationEvents.triggerSegmentationDataModified(layer.segmentationId, list ?? undefined);
    } finally {
      this.#isOwn = false;
    }
  }

  #pixels(layer: Layer, k: number): Uint8Array | undefined {
    const id = layer.images.get(k);
    return id && this.#host.cs.cache.getImage(id)?.voxelManager.getScalarData();
  }

  #listen(): void {
    const { cs, cst } = this.#host;
    const name = cst.Enums.Events.SEGMENTATION_DATA_MODIFIED;
    const modified = (event: Foreign) => this.#modified(event.detail);
    cs.eventTarget.addEventListener(name, modified);
    const down = () => { this.#isDown = true; };
    const up = () => { this.#isDown = false; this.#editSoon(); };
    window.addEventListener('pointerdown', down, true);
    window.addEventListener('pointerup', up, true);
    window.addEventListener('pointercancel', up, true);
    this.#leave.push(
      () => cs.eventTarget.removeEventListener(name, modified),
      () => window.removeEventListener('pointerdown', down, true),
      () => window.removeEventListener('pointerup', up, true),
      () => window.removeEventListener('pointercancel', up, true));

    const { cornerstoneViewportService: service } = this.#host.services;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = () => { clearTimeout(timer); timer = setTimeout(() => void this.#heal(1), 250); };
    for (const event of ['VIEWPORT_DATA_CHANGED', 'VIEWPORT_VOLUMES_CHANGED'].filter(each => service.EVENTS[each])) {
      const subscription = service.subscribe(service.EVENTS[event], later);
      this.#leave.push(() => subscription.unsubscribe());
    }
    this.#leave.push(() => clearTimeout(timer));
  }

  #modified({ segmentationId }: { segmentationId: string }): void {
    if (this.#isOwn)
      return;
    for (const [objectId, layer] of this.#ready) {
      if (layer.segmentationId !== segmentationId)
        continue;
      // The numbers of the changed slices do not mean the same in all views, so all are compared, which costs little.
      const touched = this.#touched.get(objectId) ?? new Set();
      for (const k of layer.images.keys())
        touched.add(k);
      this.#touched.set(objectId, touched);
      this.#editSoon();
    }
  }

  #editSoon(): void {
    clearTimeout(this.#editTimer);
    if (this.#touched.size > 0 && !this.#isDown)
      this.#editTimer = setTimeout(() => this.#collect(), 150);
  }

  #collect(): void {
    for (const [objectId, slices] of this.#touched) {
      this.#touched.delete(objectId);
      const layer = this.#ready.get(objectId), mask = this.#session.masks.get(objectId);
      if (!layer)
        continue;
      // What the session has and the viewer was not told yet is no edit.
      const dirty = this.#dirty.get(objectId);
      const ks = [...slices].filter(k => !dirty?.has(k));
      const edits = (mask ?? this.#session.emptyMask()).diff(ks, k => this.#pixels(layer, k)!);
      if (edits.length > 0)
        this.onEdited(objectId, edits);
    }
  }

  /** Another layout re-lists a labelmap before its volume is mounted, and then never draws it, or does not list it: add it again. */
  async #heal(attempt: number): Promise<void> {
    const { segmentationService } = this.#host.services;
    let missing = 0;
    for (const viewport of this.#viewports.all()) {
      for (const [objectId, layer] of this.#ready) {
        if (this.#isClosed)
          return;
        const listed = (segmentationService.getSegmentationRepresentations(viewport.id, { segmentationId: layer.segmentationId }) ?? []).some((each: Foreign) => each.type === 'Labelmap');
        if (listed && viewport.getActors().some((actor: Foreign) => actor.representationUID?.startsWith(layer.segmentationId)))
          continue;
        missing++;
        if (listed)
          segmentationService.removeRepresentationsFromViewport(viewport.id, { segmentationId: layer.segmentationId });
        await this.#add(viewport, objectId, layer);
      }
    }
    this.activate(this.#session.state.activeId);
    if (missing > 0 && attempt < 100 && !this.#isClosed) {
      await new Promise(done => setTimeout(done, 700));
      await this.#heal(attempt + 1);
    }
  }
}
