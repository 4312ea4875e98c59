import { atFirst, type Choices, type Preset, type Settings } from './choices.ts';
import type { Foreign, Host } from './host/host.ts';
import { HubLink } from './hub/connection.ts';
import { promptTools } from './input/tools.ts';
import { OpenImage } from './openImage.ts';
import { ServerWork } from './serverWork.ts';
import { Session } from './session/session.ts';
import { Store } from './session/store.ts';

const sessionKey = (series: string) => `medsam2.session.${series}`;

const isBrush = (tool: string) => /Brush|Eraser/.test(tool);

/** Brings the viewer, the session and the panel together while our mode is on: which image is in view, and what keys and buttons do. */
export class Controller {
  readonly choices = new Store<Choices>(atFirst);
  /** The session of the image in view; another object for another image. */
  readonly session = new Store<{ readonly current: Session | null }>({ current: null });
  readonly host: Host;
  readonly settings: Settings;
  readonly server: ServerWork;

  #series = '';
  #displaySet: Foreign;
  #open: OpenImage | null = null;
  #leave: (() => void)[] = [];
  isOn = false;

  constructor(host: Host, settings: Settings) {
    this.host = host;
    this.settings = { ...settings, hub: new URL(settings.hub, location.href).href };
    this.server = new ServerWork(this.settings.hub, this.choices, message => this.session.get().current?.store.set({ message }));
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
    void this.server.look();
  }

  exit(): void {
    this.isOn = false;
    this.#leave.forEach(leave => leave());
    this.#leave = [];
    this.server.leave();
    this.#close();
    this.choices.set({ tool: '', uncertainty: false });
  }

  // Tools

  activate(tool: string): void {
    const start = () => this.host.commands.runCommand('setToolActiveToolbar', { toolName: tool });
    if (isBrush(tool)) {
      const open = this.#open;
      if (!open)
        return;
      void open.labelmaps.ensure(open.session.state.activeId).then(() => {
        this.setBrush(this.choices.get().brush);
        start();
      });
    } else {
      start();
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

  toggleUncertainty(): void {
    this.choices.set({ uncertainty: !this.choices.get().uncertainty });
    void this.#open?.refreshUncertainty();
  }

  // Segments and prompts

  newSegment(preset?: Preset): void {
    const session = this.#open?.session;
    const active = session?.active;
    // One that nothing was said of yet becomes the structure; another would only stand about empty.
    if (preset && active && !active.code && session.isUntouched(active.objectId))
      void session.restyle(active.objectId, { name: preset.label, code: preset.code });
    else
      session?.newSegment(preset?.label, preset?.code ?? null);
  }

  select(objectId: number): void {
    const open = this.#open;
    open?.session.select(objectId);
    if (isBrush(this.choices.get().tool))
      void open?.labelmaps.ensure(objectId);
    open?.labelmaps.activate(objectId);
    void open?.refreshUncertainty();
  }

  async run(): Promise<void> {
    const open = this.#open;
    if (open && (await open.session.runPending()) && this.choices.get().follow)
      await open.propagate();
  }

  async propagate(): Promise<void> {
    await this.#open?.propagate();
  }

  cancel(): void {
    this.#open?.session.cancel();
    this.#open?.pointer.abandon();
  }

  clearSlice(): void {
    this.#open?.clearSlice();
  }

  // Saved segmentations

  async save(tag: string): Promise<boolean> {
    return (await this.#open?.session.commit(tag, 'binary') ?? null) !== null;
  }

  async submitAndNext(): Promise<void> {
    if (await this.save('final'))
      await this.server.next();
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

  // The image in view

  #follow(): void {
    const { viewportGridService, displaySetService } = this.host.services;
    const uids: string[] = viewportGridService.getDisplaySetsUIDsForViewport(viewportGridService.getActiveViewportId()) ?? [];
    const displaySet = uids.map(uid => displaySetService.getDisplaySetByUID(uid)).find((each: Foreign) => each?.imageIds?.length > 0 && !['SEG', 'RTSTRUCT', 'SR'].includes(each.Modality));
    if (!displaySet || (displaySet.SeriesInstanceUID === this.#series && displaySet === this.#displaySet))
      return;
    void this.#openImage(displaySet);
  }

  /** Once more, where the session could not be opened. */
  reopen(): void {
    if (this.#displaySet)
      void this.#openImage(this.#displaySet);
  }

  async #openImage(displaySet: Foreign): Promise<void> {
    this.#close();
    const series: string = displaySet.SeriesInstanceUID;
    this.#series = series;
    this.#displaySet = displaySet;
    const session = new Session(new HubLink(this.settings.hub));
    this.session.set({ current: session });
    const asked = new URLSearchParams(location.search).get('medsam2session');
    await session.open(series, asked ?? sessionStorage.getItem(sessionKey(series)));
    if (this.session.get().current !== session || !session.grid)
      return;
    sessionStorage.setItem(sessionKey(series), session.state.info!.sessionId);
    this.#open = new OpenImage(this.host, this.choices, displaySet, session, session.grid);
    if (!promptTools.some(tool => tool.name === this.choices.get().tool))
      this.activate('MedSam2Point');
  }

  #close(): void {
    const open = this.#open;
    this.#open = null;
    this.#series = '';
    this.#displaySet = undefined;
    open?.close();
    void this.session.get().current?.leave();
    this.session.set({ current: null });
  }
}
