import type { Foreign, Host } from './host/host.ts';
import { HubLink } from './hub/connection.ts';
import { advise } from './hub/errors.ts';
import type { Code, Direction, JobUpdate, Orientations, PromptSpec } from './hub/contract.ts';
import { Pointer } from './input/pointer.ts';
import { promptTools, type PromptTool } from './input/tools.ts';
import type { Edit } from './masks/objectMask.ts';
import { Api, ServerRefusal } from './rest/api.ts';
import { Session } from './session/session.ts';
import { Store } from './session/store.ts';
import { Labelmaps } from './view/labelmaps.ts';
import { Overlay } from './view/overlay.ts';
import { Viewports, type SliceInView } from './view/viewports.ts';

export interface Preset {
  readonly label: string;
  readonly code: Code;
}

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
  readonly direction: Direction;
  readonly count: number | null;
  readonly orientations: Orientations | null;
  readonly all: boolean;
  readonly brush: number;
  readonly uncertainty: boolean;
  readonly strategy: string;
}

export interface ServerState {
  readonly strategies: readonly string[];
  readonly trainers: readonly string[];
  readonly job: JobUpdate | null;
}

interface Open {
  readonly session: Session;
  readonly viewports: Viewports;
  readonly labelmaps: Labelmaps;
  readonly overlay: Overlay;
  readonly pointer: Pointer;
}

const sessionKey = (series: string) => `medsam2.session.${series}`;

/** Brings the viewer, the session and the panel together while our mode is on. */
export class Controller {
  readonly choices = new Store<Choices>({
    tool: '', include: true, live: true, follow: false, direction: 'both', count: null, orientations: null, all: false, brush: 8, uncertainty: false, strategy: 'first',
  });
  readonly server = new Store<ServerState>({ strategies: [], trainers: [], job: null });
  /** The session of the image in view; another object for another image. */
  readonly session = new Store<{ readonly current: Session | null }>({ current: null });
  readonly host: Host;
  readonly settings: Settings;
  readonly #api: Api;

  #series = '';
  #displaySet: Foreign;
  #open: Open | null = null;
  #watching: AbortController | null = null;
  #leave: (() => void)[] = [];
  isOn = false;

  constructor(host: Host, settings: Settings) {
    this.host = host;
    this.settings = { ...settings, hub: new URL(settings.hub, location.href).href };
    this.#api = new Api(new URL(this.settings.hub).origin);
  }

  /** Called on every mode entry. */
  enter(): void {
    this.isOn = true;
    const { viewportGridService: grid, cornerstoneViewportService: viewports } = this.host.services;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = () => { clearTimeout(timer); timer = setTimeout(() => { this.#follow(); this.#open?.overlay.draw(); }, 50); };
    const subscriptions = [
      ...['ACTIVE_VIEWPORT_ID_CHANGED', 'GRID_STATE_CHANGED', 'VIEWPORTS_READY'].filter(name => grid.EVENTS[name]).map(name => grid.subscribe(grid.EVENTS[name], later)),
      ...['VIEWPORT_DATA_CHANGED'].filter(name => viewports.EVENTS[name]).map(name => viewports.subscribe(viewports.EVENTS[name], later)),
    ];
    const tools = this.host.cst.Enums.Events.TOOL_ACTIVATED;
    const activated = (event: Foreign) => this.choices.set({ tool: event.detail.toolName });
    this.host.cs.eventTarget.addEventListener(tools, activated);
    this.#leave = [() => clearTimeout(timer), () => subscriptions.forEach(each => each.unsubscribe()), () => this.host.cs.eventTarget.removeEventListener(tools, activated)];
    later();
    void this.#look();
  }

  exit(): void {
    this.isOn = false;
    this.#leave.forEach(leave => leave());
    this.#leave = [];
    this.#watching?.abort();
    this.#close();
    this.choices.set({ tool: '', uncertainty: false });
  }

  activate(tool: string): void {
    if (/Brush|Eraser/.test(tool)) {
      const open = this.#open;
      if (!open)
        return;
      void open.labelmaps.ensure(open.session.state.activeId).then(() => {
        this.setBrush(this.choices.get().brush);
        this.host.commands.runCommand('setToolActiveToolbar', { toolName: tool });
      });
    } else {
      this.host.commands.runCommand('setToolActiveToolbar', { toolName: tool });
    }
    this.choices.set({ tool });
  }

  setBrush(size: number): void {
    const brush = Math.min(Math.max(size, 1), 60);
    this.choices.set({ brush });
    for (const group of ['default', 'mpr'])
      this.host.cst.utilities.segmentation.setBrushSizeForToolGroup(group, brush);
  }

  toggle(what: 'include' | 'live' | 'follow' | 'all'): void {
    this.choices.set({ [what]: !this.choices.get()[what] });
  }

  // Prompts

  async run(): Promise<void> {
    const session = this.#open?.session;
    if (session && (await session.runPending()) && this.choices.get().follow)
      await this.propagate();
  }

  newSegment(preset?: Preset): void {
    const session = this.#open?.session;
    const active = session?.active;
    // One that nothing was said of yet becomes the structure; another would only stand about empty.
    if (preset && active && !active.known && !active.code)
      void session.restyle(active.objectId, { name: preset.label, code: preset.code });
    else
      session?.newSegment(preset?.label, preset?.code ?? null);
  }

  select(objectId: number): void {
    this.#open?.session.select(objectId);
    if (/Brush|Eraser/.test(this.choices.get().tool))
      void this.#open?.labelmaps.ensure(objectId);
    this.#open?.labelmaps.activate(objectId);
    void this.#refreshUncertainty();
  }

  async propagate(): Promise<void> {
    const open = this.#open;
    if (!open)
      return;
    const { session } = open;
    const { direction, count, orientations, all } = this.choices.get();
    const ids = all ? session.state.segments.filter(each => each.known && !each.locked).map(each => each.objectId) : [session.state.activeId];
    const said = session.active?.prompts ?? [];
    if (ids.length === 0 || (!all && said.length === 0)) {
      session.store.set({ message: { tone: 'error', text: 'Nothing was said of this segment yet: click on the object first.' } });
      return;
    }
    const slice = this.slice();
    // Along the axis that the prompts are on; the one in view, where they are on several.
    const plane = said.some(prompt => prompt.plane === slice?.plane) ? slice!.plane : said[0]?.plane ?? 'k';
    await session.propagate({ objectIds: ids, plane, direction, count, orientations, view: slice?.plane === plane ? slice.index : null });
    await this.#refreshUncertainty();
  }

  cancel(): void {
    this.#open?.session.cancel();
    this.#open?.pointer.abandon();
  }

  clearSlice(): void {
    const slice = this.slice(), session = this.#open?.session;
    if (slice && session?.active?.known)
      void session.clearSlice(session.state.activeId, slice.plane, slice.index);
  }

  slice(): SliceInView | undefined {
    const open = this.#open;
    const viewport = open?.viewports.active();
    return viewport && open!.session.grid ? open!.viewports.slice(viewport, open!.session.grid) : undefined;
  }

  toggleUncertainty(): void {
    this.choices.set({ uncertainty: !this.choices.get().uncertainty });
    void this.#refreshUncertainty();
  }

  // Saved segmentations, next study, training

  async save(tag: string): Promise<boolean> {
    const session = this.#open?.session;
    if (!session)
      return false;
    return (await session.commit(tag, 'binary')) !== null;
  }

  async submitAndNext(): Promise<void> {
    if (await this.save('final'))
      await this.next();
  }

  async next(): Promise<void> {
    const session = this.#open?.session;
    try {
      const study = await this.#api.nextStudy(this.choices.get().strategy, 'ohif');
      if (study)
        location.assign(`${location.pathname}?StudyInstanceUIDs=${study.studyInstanceUid}&SeriesInstanceUIDs=${study.seriesInstanceUid}`);
      else
        session?.store.set({ message: { tone: 'info', text: 'No image is left to label.' } });
    } catch (error) {
      session?.store.set({ message: { tone: 'error', text: advise(error) } });
    }
  }

  /** An address that brings another browser into this session. */
  shareAddress(): string | null {
    const id = this.#open?.session.state.info?.sessionId;
    if (!id)
      return null;
    const address = new URL(location.href);
    address.searchParams.set('medsam2session', id);
    return address.href;
  }

  async train(trainer: string): Promise<void> {
    try {
      await this.watch(await this.#api.startTraining(trainer));
    } catch (error) {
      this.#open?.session.store.set({ message: { tone: 'error', text: advise(error) } });
    }
  }

  async stopTraining(): Promise<void> {
    try {
      await this.#api.stopTraining();
    } catch (error) {
      this.#open?.session.store.set({ message: { tone: 'error', text: advise(error) } });
    }
  }

  /** Shows the training that runs, if one does. */
  async watchTraining(): Promise<void> {
    const job = await this.#api.runningTraining();
    if (job)
      await this.watch(job);
  }

  /** Shows how a job goes, until it ends. */
  async watch(jobId: string): Promise<void> {
    this.#watching?.abort();
    const control = new AbortController();
    this.#watching = control;
    const link = new HubLink(this.settings.hub);
    try {
      await link.connect();
      await link.stream<JobUpdate>('WatchJob', { jobId }, job => this.server.set({ job }), control.signal);
    } catch (error) {
      this.#open?.session.store.set({ message: { tone: 'error', text: advise(error) } });
    } finally {
      await link.close();
    }
  }

  async #look(): Promise<void> {
    try {
      const info = await this.#api.serverInfo();
      this.server.set(info);
      if (info.strategies[0] && !info.strategies.includes(this.choices.get().strategy))
        this.choices.set({ strategy: info.strategies[0] });
    } catch (error) {
      if (!(error instanceof ServerRefusal))
        throw error;
      this.server.set({ strategies: [], trainers: [] }); // the panel leaves these parts out
    }
  }

  // The image in view

  #follow(): void {
    const { viewportGridService, displaySetService } = this.host.services;
    const uids: string[] = viewportGridService.getDisplaySetsUIDsForViewport(viewportGridService.getActiveViewportId()) ?? [];
    const displaySet = uids.map(uid => displaySetService.getDisplaySetByUID(uid)).find((each: Foreign) => each?.imageIds?.length > 0 && !['SEG', 'RTSTRUCT', 'SR'].includes(each.Modality));
    if (!displaySet || (displaySet.SeriesInstanceUID === this.#series && displaySet === this.#displaySet))
      return;
    this.#close();
    this.#series = displaySet.SeriesInstanceUID;
    this.#displaySet = displaySet;
    void this.#openImage(displaySet);
  }

  async #openImage(displaySet: Foreign): Promise<void> {
    const series: string = displaySet.SeriesInstanceUID;
    const session = new Session(new HubLink(this.settings.hub));
    this.session.set({ current: session });
    const asked = new URLSearchParams(location.search).get('medsam2session');
    await session.open(series, asked ?? sessionStorage.getItem(sessionKey(series)));
    if (this.#series !== series || !session.grid)
      return;
    sessionStorage.setItem(sessionKey(series), session.state.info!.sessionId);

    const viewports = new Viewports(this.host, displaySet);
    const labelmaps = new Labelmaps(this.host, session, viewports, session.grid);
    const overlay = new Overlay(this.host, session, viewports, session.grid);
    const pointer = new Pointer(this.host, viewports, session.grid, overlay, {
      include: () => this.choices.get().include,
      objectId: () => session.state.activeId,
      onPrompt: spec => void this.#prompt(session, spec),
      onHint: text => session.store.set({ message: { tone: 'info', text } }),
    });
    session.display = labelmaps;
    labelmaps.onEdited = (objectId, edits) => void this.#edited(session, labelmaps, objectId, edits);
    overlay.onView = () => void this.#refreshUncertainty();
    session.onCommitted = stored => void this.#showStored(displaySet.StudyInstanceUID, stored.seriesInstanceUid);
    this.#open = { session, viewports, labelmaps, overlay, pointer };
    for (const [objectId, mask] of session.masks)
      labelmaps.changed(objectId, mask.touched);
    overlay.draw();
    if (!promptTools.some(tool => this.isActive(tool.name)))
      this.activate('MedSam2Point');
  }

  async #prompt(session: Session, spec: PromptSpec): Promise<void> {
    if (session.active?.locked) {
      session.store.set({ message: { tone: 'error', text: 'The segment is locked: unlock it in the list, or choose another.' } });
      return;
    }
    if (!this.choices.get().live) {
      session.keep(spec);
      return;
    }
    if ((await session.prompt(spec)) && this.choices.get().follow)
      await this.propagate();
    await this.#refreshUncertainty();
  }

  async #edited(session: Session, labelmaps: Labelmaps, objectId: number, edits: readonly Edit[]): Promise<void> {
    for (const { plane, index, mask } of edits) {
      if (!(await session.prompt({ objectId, plane, index, mask, replace: true })))
        labelmaps.repaint(objectId, plane === 'k' ? [index] : Array.from({ length: session.grid!.dimensions[2]! }, (_, k) => k));
    }
  }

  #uncertaintyTurn = 0;

  async #refreshUncertainty(): Promise<void> {
    const open = this.#open;
    if (!open)
      return;
    const turn = ++this.#uncertaintyTurn;
    const slice = this.slice();
    if (!this.choices.get().uncertainty || !slice || !open.session.active?.known) {
      open.overlay.uncertainty = null;
      open.overlay.draw();
      return;
    }
    try {
      const objectId = open.session.state.activeId;
      const map = await open.session.uncertainty(objectId, slice.plane, slice.index);
      if (turn !== this.#uncertaintyTurn)
        return;
      open.overlay.uncertainty = { ...slice, objectId, map };
      if (map.values.length === 0)
        open.session.store.set({ message: { tone: 'info', text: 'How sure the model is, is known where several orientations were followed: choose three or six, and follow.' } });
      open.overlay.draw();
    } catch (error) {
      open.session.store.set({ message: { tone: 'error', text: advise(error) } });
    }
  }

  /** Lets the viewer's list of series know of one that was stored by the server. */
  async #showStored(study: string, series: string): Promise<void> {
    if (!series)
      return;
    const [source] = this.host.extensions.getActiveDataSource();
    // The viewer remembers one answer a study, whichever series it was about.
    const forget = () => source.deleteStudyMetadataPromise(`${source.getConfig().name}:${study}`);
    forget();
    try {
      await source.retrieve.series.metadata({ StudyInstanceUID: study, filters: { seriesInstanceUID: [series] } });
    } finally {
      forget();
    }
  }

  #close(): void {
    const open = this.#open;
    this.#open = null;
    this.#series = '';
    this.#displaySet = undefined;
    open?.pointer.close();
    open?.overlay.close();
    open?.labelmaps.close();
    void this.session.get().current?.leave();
    this.session.set({ current: null });
  }

  /** Tools that the panel's buttons show as pressed. */
  isActive(tool: PromptTool['name']): boolean {
    return this.choices.get().tool === tool;
  }
}
