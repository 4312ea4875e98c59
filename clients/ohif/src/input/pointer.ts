import { axisOf, fromPixel, onSlice, toPixel, type Grid, type World } from '../geometry/grid.ts';
import type { Foreign, Host } from '../host/host.ts';
import type { PromptSpec, Voxel } from '../hub/contract.ts';
import type { Overlay } from '../view/overlay.ts';
import type { SliceInView, Viewports } from '../view/viewports.ts';
import { promptTools, type PromptTool } from './tools.ts';

export interface PointerPort {
  /** Whether a stroke says where the object is, before Alt turns it round. */
  readonly include: () => boolean;
  readonly objectId: () => number;
  readonly onPrompt: (spec: PromptSpec) => void;
  readonly onHint: (text: string) => void;
}

type Pixel = readonly [number, number];

const mostPoints = 200;

/**
 * Reads pointers over the viewports while one of our tools is active. The viewer's own tools wait 400 ms for a second
 * click before they see the first; pointer events come before that, and a pointer event that is taken keeps the mouse
 * event from the viewer.
 */
export class Pointer {
  readonly #host: Host;
  readonly #viewports: Viewports;
  readonly #grid: Grid;
  readonly #overlay: Overlay;
  readonly #port: PointerPort;
  readonly #control = new AbortController();
  #making: { tool: PromptTool; viewport: Foreign; pointer: number; include: boolean; line: Pixel[] } | null = null;

  constructor(host: Host, viewports: Viewports, grid: Grid, overlay: Overlay, port: PointerPort) {
    this.#host = host;
    this.#viewports = viewports;
    this.#grid = grid;
    this.#overlay = overlay;
    this.#port = port;
    const options = { capture: true, signal: this.#control.signal } as const;
    document.addEventListener('pointerdown', event => this.#down(event), options);
    document.addEventListener('pointermove', event => this.#move(event), options);
    document.addEventListener('pointerup', event => this.#up(event), options);
    document.addEventListener('pointercancel', () => this.abandon(), options);
    document.addEventListener('keydown', event => event.key === 'Escape' && this.abandon(), options);
    // A finger's touch events are not kept back with its pointer events.
    document.addEventListener('touchstart', event => { if (event.touches.length === 1 && this.#toolAt(event.target)) event.stopPropagation(); }, options);
  }

  close(): void {
    this.abandon();
    this.#control.abort();
  }

  /** Forgets a stroke in the making. */
  abandon(): void {
    this.#making = null;
    this.#overlay.stroke = null;
    this.#overlay.draw();
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey)
      return;
    const found = this.#toolAt(event.target);
    if (!found)
      return;
    const { tool, viewport } = found;
    event.preventDefault();
    this.#host.services.viewportGridService.setActiveViewportId(viewport.id);
    (document.activeElement as HTMLElement | null)?.blur(); // hot keys are dead while a field has the focus
    const include = event.altKey ? !this.#port.include() : this.#port.include();
    const at = this.#place(viewport, event);
    if (tool.kind === 'point') {
      this.#finish(tool, viewport, include, [at]);
      return;
    }
    this.#making = { tool, viewport, pointer: event.pointerId, include, line: [at] };
    this.#preview();
  }

  #move(event: PointerEvent): void {
    const making = this.#making;
    if (!making || event.pointerId !== making.pointer)
      return;
    event.preventDefault();
    const at = this.#place(making.viewport, event);
    const last = making.line[making.line.length - 1]!;
    if (making.tool.kind === 'box')
      making.line = [making.line[0]!, at];
    else if (Math.hypot(at[0] - last[0], at[1] - last[1]) >= 2)
      making.line.push(at);
    this.#preview();
  }

  #up(event: PointerEvent): void {
    const making = this.#making;
    if (!making || event.pointerId !== making.pointer)
      return;
    event.preventDefault();
    this.abandon();
    const xs = making.line.map(p => p[0]), ys = making.line.map(p => p[1]);
    const width = Math.max(...xs) - Math.min(...xs), height = Math.max(...ys) - Math.min(...ys);
    if (making.tool.kind === 'scribble' ? width + height < 4 : width < 4 || height < 4) {
      this.#port.onHint(making.tool.kind === 'box' ? 'Drag from one corner of the box to the other.' : 'Hold the button and draw a line.');
      return;
    }
    this.#finish(making.tool, making.viewport, making.include, making.line);
  }

  #finish(tool: PromptTool, viewport: Foreign, include: boolean, line: readonly Pixel[]): void {
    const slice = this.#viewports.slice(viewport, this.#grid);
    if (!slice)
      return;
    // A box on the screen need not be one in the grid: its extent there is that of all four corners.
    const [from, to] = [line[0]!, line[line.length - 1]!];
    const outline: readonly Pixel[] = tool.kind === 'box' ? [from, [to[0], from[1]], to, [from[0], to[1]]] : thin(line);
    const spec = toPrompt(tool.kind, slice, include, this.#port.objectId(), outline.map(p => this.#grid.toVoxel(viewport.canvasToWorld([...p]) as World)), this.#grid);
    if (spec)
      this.#port.onPrompt(spec);
    else
      this.#port.onHint('That is outside the image.');
  }

  #preview(): void {
    const { tool, viewport, include, line } = this.#making!;
    this.#overlay.stroke = { viewportId: viewport.id, kind: tool.kind as 'box' | 'scribble' | 'lasso', include, line };
    this.#overlay.draw();
  }

  #toolAt(target: EventTarget | null): { tool: PromptTool; viewport: Foreign } | null {
    if (!(target instanceof Element))
      return null;
    // The image alone, not the buttons that lie over it.
    const viewport = this.#viewports.all().find(each => each.element.contains(target) && (target === each.element || target.closest('.viewport-element, canvas, svg')));
    if (!viewport)
      return null;
    const active = this.#host.services.toolGroupService.getToolGroupForViewport(viewport.id)?.getActivePrimaryMouseButtonTool();
    const tool = promptTools.find(each => each.name === active);
    return tool ? { tool, viewport } : null;
  }

  #place(viewport: Foreign, event: PointerEvent): Pixel {
    const frame = viewport.canvas.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  }
}

/** A stroke as the hub takes it: on the slice in view, within the image. Null where it begins outside. */
export function toPrompt(kind: PromptTool['kind'], slice: SliceInView, include: boolean, objectId: number, line: readonly Voxel[], grid: Pick<Grid, 'dimensions'>): PromptSpec | null {
  // A view need not look straight along an axis of the grid: the slice is then the one at the stroke's middle.
  const n = axisOf(slice.plane);
  const middle = line.reduce((sum, v) => sum + v[n], 0) / line.length;
  const index = Math.abs(middle - slice.index) <= 0.75 ? slice.index : Math.round(middle);
  const flat = line.map(v => onSlice(v, slice.plane, index));
  if (isOutside(flat, grid.dimensions))
    return null;
  const voxels = flat.map(v => v.map((x, axis) => Math.min(Math.max(x, 0), grid.dimensions[axis]! - 1)) as unknown as Voxel);
  const base = { objectId, plane: slice.plane, index };
  switch (kind) {
    case 'point':
      return { ...base, points: [{ at: voxels[0]!, include }] };
    case 'box': {
      const pixels = voxels.map(v => toPixel(v, slice.plane));
      const xs = pixels.map(p => p[0]), ys = pixels.map(p => p[1]);
      return { ...base, box: { min: fromPixel(Math.min(...xs), Math.min(...ys), slice.plane, index), max: fromPixel(Math.max(...xs), Math.max(...ys), slice.plane, index) } };
    }
    case 'scribble':
      return { ...base, scribbles: [{ line: voxels, include }] };
    case 'lasso':
      return { ...base, lasso: voxels };
  }
}

/** Whether the extent of a stroke has nothing in common with the image. */
function isOutside(line: readonly Voxel[], dimensions: readonly number[]): boolean {
  return dimensions.some((size, axis) => line.every(v => v[axis]! < -0.5) || line.every(v => v[axis]! > size - 0.5));
}

function thin(line: readonly Pixel[]): readonly Pixel[] {
  const step = Math.ceil(line.length / mostPoints);
  return step <= 1 ? line : line.filter((_, n) => n % step === 0 || n === line.length - 1);
}
