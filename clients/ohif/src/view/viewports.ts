import type { Foreign, Host } from '../host/host.ts';
import { axisOf, type Grid } from '../geometry/grid.ts';
import type { Plane } from '../hub/contract.ts';

export interface SliceInView {
  readonly plane: Plane;
  readonly index: number;
}

/** The viewports that show one display set, and which slice each of them shows. */
export class Viewports {
  readonly #host: Host;
  readonly displaySet: Foreign;

  constructor(host: Host, displaySet: Foreign) {
    this.#host = host;
    this.displaySet = displaySet;
  }

  all(): Foreign[] {
    const { viewportGridService } = this.#host.services;
    const shown: Foreign[] = [];
    for (const engine of this.#host.cs.getRenderingEngines() ?? []) {
      for (const viewport of engine.getViewports()) {
        if (viewportGridService.getDisplaySetsUIDsForViewport(viewport.id)?.includes(this.displaySet.displaySetInstanceUID))
          shown.push(viewport);
      }
    }
    return shown;
  }

  get(viewportId: string): Foreign | undefined {
    return this.all().find(viewport => viewport.id === viewportId);
  }

  /** The active one, or any that shows the images. */
  active(): Foreign | undefined {
    return this.get(this.#host.services.viewportGridService.getActiveViewportId()) ?? this.all()[0];
  }

  slice(viewport: Foreign, grid: Grid): SliceInView | undefined {
    if (!isVolume(viewport)) {
      const imageId = viewport.getCurrentImageId?.();
      const index = imageId && sliceOfImage(this.#host, imageId, grid);
      return index === undefined ? undefined : { plane: 'k', index };
    }
    const { viewPlaneNormal, focalPoint } = viewport.getCamera();
    const plane = grid.planeOf(viewPlaneNormal);
    const n = axisOf(plane);
    const index = Math.round(grid.toVoxel(focalPoint)[n]!);
    return { plane, index: Math.min(Math.max(index, 0), grid.dimensions[n]! - 1) };
  }

  /** Brings a slice of the stack into view. */
  async scrollTo(index: number, grid: Grid): Promise<void> {
    for (const viewport of this.all()) {
      if (isVolume(viewport))
        continue;
      const at = viewport.getImageIds().findIndex((id: string) => sliceOfImage(this.#host, id, grid) === index);
      if (at >= 0)
        await viewport.setImageIdIndex(at);
    }
  }
}

export const isVolume = (viewport: Foreign): boolean => typeof viewport.getCurrentImageId !== 'function' || typeof viewport.setVolumes === 'function';

export function sliceOfImage(host: Host, imageId: string, grid: Grid): number | undefined {
  const instance = host.cs.metaData.get('instance', imageId);
  if (!instance)
    return undefined;
  return grid.sliceOf(instance.SOPInstanceUID, Number(/\/frames\/(\d+)/.exec(imageId)?.[1] ?? 1)) ?? grid.sliceOf(instance.SOPInstanceUID);
}
