import type { Choices } from './choices.ts';
import type { Grid } from './geometry/grid.ts';
import type { Foreign, Host } from './host/host.ts';
import { advise } from './hub/errors.ts';
import type { PromptSpec, PropagateSpec } from './hub/contract.ts';
import { Pointer } from './input/pointer.ts';
import type { Edit } from './masks/objectMask.ts';
import type { Session } from './session/session.ts';
import type { Store } from './session/store.ts';
import { Labelmaps } from './view/labelmaps.ts';
import { Overlay } from './view/overlay.ts';
import { Viewports, type SliceInView } from './view/viewports.ts';

/** An image of the viewer and its session: what is drawn over the image, and what is said on it. */
export class OpenImage {
  readonly session: Session;
  readonly labelmaps: Labelmaps;
  readonly overlay: Overlay;
  readonly pointer: Pointer;
  readonly #host: Host;
  readonly #choices: Store<Choices>;
  readonly #grid: Grid;
  readonly #viewports: Viewports;
  #uncertaintyTurn = 0;

  constructor(host: Host, choices: Store<Choices>, displaySet: Foreign, session: Session, grid: Grid) {
    this.#host = host;
    this.#choices = choices;
    this.#grid = grid;
    this.session = session;
    this.#viewports = new Viewports(host, displaySet);
    this.labelmaps = new Labelmaps(host, session, this.#viewports, grid);
    this.overlay = new Overlay(host, session, this.#viewports, grid);
    this.pointer = new Pointer(host, this.#viewports, grid, this.overlay, {
      include: () => choices.get().include,
      objectId: () => session.state.activeId,
      onPrompt: spec => void this.#prompt(spec),
      onHint: text => session.store.set({ message: { tone: 'info', text } }),
    });
    session.display = this.labelmaps;
    this.labelmaps.onEdited = (objectId, edits) => void this.#edited(objectId, edits);
    this.overlay.onView = () => void this.refreshUncertainty();
    session.onCommitted = stored => void this.#showStored(displaySet.StudyInstanceUID, stored.seriesInstanceUid);
    for (const [objectId, mask] of session.masks)
      this.labelmaps.changed(objectId, mask.touched);
    this.overlay.draw();
  }

  close(): void {
    this.pointer.close();
    this.overlay.close();
    this.labelmaps.close();
  }

  slice(): SliceInView | undefined {
    const viewport = this.#viewports.active();
    return viewport && this.#viewports.slice(viewport, this.#grid);
  }

  /** Carries the chosen segment, or all, through the volume, once what was said of it before is answered. */
  async propagate(): Promise<void> {
    await this.session.propagate(() => this.#plan());
    await this.refreshUncertainty();
  }

  clearSlice(): void {
    const slice = this.slice();
    if (slice && this.session.active?.known)
      void this.session.clearSlice(this.session.state.activeId, slice.plane, slice.index);
  }

  /** Shows how sure the model is of the slice in view, or takes it away. */
  async refreshUncertainty(): Promise<void> {
    const turn = ++this.#uncertaintyTurn;
    const slice = this.slice();
    if (!this.#choices.get().uncertainty || !slice || !this.session.active?.known) {
      this.overlay.uncertainty = null;
      this.overlay.draw();
      return;
    }
    try {
      const objectId = this.session.state.activeId;
      const map = await this.session.uncertainty(objectId, slice.plane, slice.index);
      if (turn !== this.#uncertaintyTurn)
        return;
      this.overlay.uncertainty = { ...slice, objectId, map };
      if (map.values.length === 0)
        this.session.store.set({ message: { tone: 'info', text: 'How sure the model is, is known where several orientations were followed: choose three or six, and follow.' } });
      this.overlay.draw();
    } catch (error) {
      this.session.store.set({ message: { tone: 'error', text: advise(error) } });
    }
  }

  #plan(): PropagateSpec {
    const { session } = this;
    const { direction, count, orientations, all } = this.#choices.get();
    const objectIds = all ? session.state.segments.filter(each => each.known && !each.locked).map(each => each.objectId) : [session.state.activeId];
    const said = session.active?.prompts ?? [];
    if (objectIds.length === 0 || (!all && said.length === 0))
      throw new Error('Nothing was said of this segment yet: click on the object first.');
    // Along the axis that the prompts are on; the one in view, where they are on several.
    const slice = this.slice();
    const plane = said.some(prompt => prompt.plane === slice?.plane) ? slice!.plane : said[0]?.plane ?? 'k';
    return { objectIds, plane, direction, count, orientations, view: slice?.plane === plane ? slice.index : null };
  }

  async #prompt(spec: PromptSpec): Promise<void> {
    const { session } = this;
    if (session.active?.locked) {
      session.store.set({ message: { tone: 'error', text: 'The segment is locked: unlock it in the list, or choose another.' } });
      return;
    }
    const chosen = this.#chosen(spec);
    if (!this.#choices.get().live) {
      session.keep(chosen);
      return;
    }
    if ((await session.prompt(chosen)) && this.#choices.get().follow)
      await this.propagate();
    await this.refreshUncertainty();
  }

  /** As the panel's choices have it. */
  #chosen(spec: PromptSpec): PromptSpec {
    const { closer } = this.#choices.get();
    return closer === null ? spec : { ...spec, closerLook: closer };
  }

  async #edited(objectId: number, edits: readonly Edit[]): Promise<void> {
    for (const { plane, index, mask } of edits) {
      if (!(await this.session.prompt(this.#chosen({ objectId, plane, index, mask, replace: true }))))
        this.labelmaps.repaint(objectId, plane === 'k' ? [index] : Array.from({ length: this.#grid.dimensions[2]! }, (_, k) => k));
    }
  }

  /** Lets the viewer's list of series know of one that was stored by the server. */
  async #showStored(study: string, series: string): Promise<void> {
    if (!series)
      return;
    const [source] = this.#host.extensions.getActiveDataSource();
    // The viewer remembers one answer a study, whichever series it was about.
    const forget = () => source.deleteStudyMetadataPromise(`${source.getConfig().name}:${study}`);
    forget();
    try {
      await source.retrieve.series.metadata({ StudyInstanceUID: study, filters: { seriesInstanceUID: [series] } });
    } finally {
      forget();
    }
  }
}
