import type { Grid, World } from '../geometry/grid.ts';
import { axisOf, fromPixel } from '../geometry/grid.ts';
import type { Foreign, Host } from '../host/host.ts';
import type { ClickPoint, Plane, Uncertainty, Voxel, VoxelBox } from '../hub/contract.ts';
import type { Session } from '../session/session.ts';
import { isVolume, type SliceInView, type Viewports } from './viewports.ts';

/** A stroke in the making, in CSS pixels of its viewport. */
export interface Stroke {
  readonly viewportId: string;
  readonly kind: 'box' | 'scribble' | 'lasso';
  readonly include: boolean;
  readonly line: readonly (readonly [number, number])[];
}

export interface UncertaintyMap extends SliceInView {
  readonly objectId: number;
  readonly map: Uncertainty;
}

const svg = 'http://www.w3.org/2000/svg';

/** Prompts, strokes in the making and uncertainty, drawn over each viewport and moved with it. */
export class Overlay {
  readonly #host: Host;
  readonly #session: Session;
  readonly #viewports: Viewports;
  readonly #grid: Grid;
  readonly #layers = new Map<HTMLElement, { readonly root: HTMLElement; readonly drawing: SVGSVGElement; readonly picture: HTMLCanvasElement; shown: Uncertainty | null; readonly leave: () => void }>();
  readonly #leave: (() => void)[] = [];
  stroke: Stroke | null = null;
  uncertainty: UncertaintyMap | null = null;
  /** Called when another slice comes into view. */
  onView: () => void = () => {};

  constructor(host: Host, session: Session, viewports: Viewports, grid: Grid) {
    this.#host = host;
    this.#session = session;
    this.#viewports = viewports;
    this.#grid = grid;
    this.#leave.push(session.store.subscribe(() => this.draw()));
  }

  /** Draws on all viewports, new ones, too. */
  draw(): void {
    const elements = new Set<HTMLElement>();
    for (const viewport of this.#viewports.all()) {
      elements.add(viewport.element);
      this.#drawOn(viewport);
    }
    for (const [element, layer] of this.#layers) {
      if (!elements.has(element)) {
        layer.leave();
        this.#layers.delete(element);
      }
    }
  }

  close(): void {
    this.#leave.forEach(leave => leave());
    for (const layer of this.#layers.values())
      layer.leave();
    this.#layers.clear();
  }

  #attach(viewport: Foreign) {
    const element: HTMLElement = viewport.element;
    const known = this.#layers.get(element);
    if (known?.root.isConnected)
      return known;
    known?.leave();
    const root = document.createElement('div');
    root.className = 'medsam2-overlay';
    root.setAttribute('aria-hidden', 'true');
    const picture = document.createElement('canvas');
    picture.width = picture.height = 0;
    const drawing = document.createElementNS(svg, 'svg');
    root.append(picture, drawing);
    (element.querySelector('.viewport-element') ?? element).append(root);
    const name = this.#host.cs.Enums.Events.IMAGE_RENDERED;
    let last = '';
    const rendered = () => {
      this.#drawOn(viewport);
      const slice = this.#viewports.slice(viewport, this.#grid);
      const key = slice ? `${slice.plane}${slice.index}` : '';
      if (key !== last) {
        last = key;
        this.onView();
      }
    };
    element.addEventListener(name, rendered);
    const layer = { root, drawing, picture, shown: null, leave: () => { element.removeEventListener(name, rendered); root.remove(); } };
    this.#layers.set(element, layer);
    return layer;
  }

  #drawOn(viewport: Foreign): void {
    const layer = this.#attach(viewport);
    const shapes: SVGElement[] = [];
    const slice = this.#viewports.slice(viewport, this.#grid);
    if (slice) {
      const said = this.#session.active?.visible ? this.#session.active.prompts : [];
      const waiting = this.#session.state.pending.filter(spec => spec.objectId === this.#session.state.activeId);
      for (const prompt of [...said, ...waiting]) {
        if (prompt.box && this.#isInView(viewport, slice, prompt.box.min) && this.#isInView(viewport, slice, prompt.box.max))
          shapes.push(polygon(this.#corners(viewport, prompt.box, prompt.plane), 'box'));
        for (const point of prompt.points ?? [])
          shapes.push(...this.#point(viewport, slice, point));
      }
      for (const spec of waiting) {
        for (const scribble of spec.scribbles ?? [])
          shapes.push(polyline(scribble.line.map(v => this.#toCanvas(viewport, v)), scribble.include));
        if (spec.lasso)
          shapes.push(polygon(spec.lasso.map(v => this.#toCanvas(viewport, v)), 'lasso'));
      }
    }
    const stroke = this.stroke;
    if (stroke && stroke.viewportId === viewport.id)
      shapes.push(strokeShape(stroke));
    layer.drawing.replaceChildren(...shapes);
    this.#drawUncertainty(viewport, layer, slice);
  }

  #point(viewport: Foreign, slice: SliceInView, { at, include }: ClickPoint): SVGElement[] {
    if (!this.#isInView(viewport, slice, at))
      return [];
    const [x, y] = this.#toCanvas(viewport, at);
    const circle = shape('circle', { cx: x, cy: y, r: 6, class: include ? 'include' : 'exclude' });
    const sign = shape('path', { d: include ? `M${x - 3} ${y}h6M${x} ${y - 3}v6` : `M${x - 3} ${y}h6`, class: 'sign' });
    return [circle, sign];
  }

  #isInView(viewport: Foreign, slice: SliceInView, v: Voxel): boolean {
    if (!isVolume(viewport))
      return Math.abs(v[2] - slice.index) < 0.5;
    const { viewPlaneNormal: n, focalPoint: f } = viewport.getCamera();
    const p = this.#grid.toWorld(v);
    const distance = Math.abs((p[0] - f[0]) * n[0] + (p[1] - f[1]) * n[1] + (p[2] - f[2]) * n[2]);
    return distance <= this.#grid.spacingOf(slice.plane) / 2 + 1e-3;
  }

  #corners(viewport: Foreign, { min, max }: VoxelBox, plane: Plane) {
    const n = axisOf(plane);
    const [a, b] = ([0, 1, 2] as const).filter(axis => axis !== n) as [0 | 1 | 2, 0 | 1 | 2];
    const corner = (first: number, second: number): Voxel => {
      const v = [...min] as [number, number, number];
      v[a] = first;
      v[b] = second;
      return v;
    };
    return [corner(min[a], min[b]), corner(max[a], min[b]), corner(max[a], max[b]), corner(min[a], max[b])].map(v => this.#toCanvas(viewport, v));
  }

  #drawUncertainty(viewport: Foreign, layer: { readonly picture: HTMLCanvasElement; shown: Uncertainty | null }, slice: SliceInView | undefined): void {
    const shown = this.uncertainty;
    const fits = shown && slice && shown.plane === slice.plane && shown.index === slice.index && shown.map.values.length > 0;
    layer.picture.style.display = fits ? 'block' : 'none';
    if (!fits)
      return;
    if (layer.shown !== shown.map) {
      layer.shown = shown.map;
      paintHeat(layer.picture, shown.map);
    }
    // Three corners of the slice say how its pixels lie on the screen, turned and mirrored ones, too.
    const corner = (x: number, y: number) => this.#toCanvas(viewport, fromPixel(x - 0.5, y - 0.5, shown.plane, shown.index));
    const { width, height } = shown.map;
    const o = corner(0, 0), u = corner(width, 0), v = corner(0, height);
    layer.picture.style.transform = `matrix(${(u[0] - o[0]) / width},${(u[1] - o[1]) / width},${(v[0] - o[0]) / height},${(v[1] - o[1]) / height},${o[0]},${o[1]})`;
  }

  #toCanvas(viewport: Foreign, v: Voxel): readonly [number, number] {
    return viewport.worldToCanvas(this.#grid.toWorld(v) as World);
  }
}

/** From nothing over red and orange to yellow; what is certain stays clear. */
function paintHeat(canvas: HTMLCanvasElement, { width, height, values }: Uncertainty): void {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(width, height);
  for (let n = 0; n < values.length; n++) {
    const share = values[n]! / 255;
    image.data.set([255, Math.round(230 * share), Math.round(60 * (1 - share)), Math.round(230 * Math.min(1, share * 1.5))], 4 * n);
  }
  context.putImageData(image, 0, 0);
}

function shape(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(svg, name);
  for (const [key, value] of Object.entries(attributes))
    element.setAttribute(key, String(value));
  return element;
}

type Canvas = readonly (readonly [number, number])[];

const polygon = (points: Canvas, kind: string) => shape('polygon', { points: points.map(p => p.join(',')).join(' '), class: kind });
const polyline = (points: Canvas, include: boolean) => shape('polyline', { points: points.map(p => p.join(',')).join(' '), class: include ? 'scribble' : 'scribble not' });

function strokeShape({ kind, line, include }: Stroke): SVGElement {
  const [from, to] = [line[0]!, line[line.length - 1]!];
  if (kind === 'box')
    return polygon([from, [to[0], from[1]], to, [from[0], to[1]]], 'box making');
  return kind === 'lasso' ? polygon(line, 'lasso making') : polyline(line, include);
}
