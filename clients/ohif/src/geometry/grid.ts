import type { Plane, SessionInfo, Voxel } from '../hub/contract.ts';

export type World = readonly [number, number, number];

/**
 * The image's grid in the patient, as the server reads it: columns i, rows j, slices k, any orientation, any spacing.
 * The viewer's own conversion of patient positions to pixels mixes the two spacings of a slice, so it is not used.
 */
export class Grid {
  readonly dimensions: readonly number[];
  readonly #affine: readonly number[];
  readonly #inverse: readonly number[];
  readonly #sliceOf = new Map<string, number>();

  constructor(info: Pick<SessionInfo, 'dimensions' | 'affine' | 'instances' | 'frames'>) {
    this.dimensions = info.dimensions;
    this.#affine = info.affine;
    this.#inverse = invert(info.affine);
    info.instances.forEach((uid, k) => this.#sliceOf.set(`${uid}#${info.frames[k] ?? 1}`, k));
  }

  toVoxel(p: World): Voxel {
    const a = this.#affine, m = this.#inverse;
    const d = [p[0] - a[3]!, p[1] - a[7]!, p[2] - a[11]!] as const;
    return [0, 3, 6].map(r => m[r]! * d[0] + m[r + 1]! * d[1] + m[r + 2]! * d[2]) as unknown as Voxel;
  }

  toWorld(v: Voxel): World {
    const a = this.#affine;
    return [0, 4, 8].map(r => a[r]! * v[0] + a[r + 1]! * v[1] + a[r + 2]! * v[2] + a[r + 3]!) as unknown as World;
  }

  /** The slice of an instance's frame (counted from 1); undefined for an image of another series. */
  sliceOf(sopInstanceUid: string, frame = 1): number | undefined {
    return this.#sliceOf.get(`${sopInstanceUid}#${frame}`);
  }

  /** The axis that a view looks along: the one whose slices are most nearly parallel to it. */
  planeOf(viewNormal: World): Plane {
    const axes: Plane[] = ['i', 'j', 'k'];
    // The planes' normals, which are the rows of the inverse and, for a sheared grid, not the axes themselves.
    const share = axes.map((_, n) => {
      const row = this.#inverse.slice(3 * n, 3 * n + 3);
      const length = Math.hypot(...row);
      return Math.abs(row[0]! * viewNormal[0] + row[1]! * viewNormal[1] + row[2]! * viewNormal[2]) / length;
    });
    return axes[share.indexOf(Math.max(...share))]!;
  }

  /** Distance in mm between neighbouring slices of a plane. */
  spacingOf(plane: Plane): number {
    const n = axisOf(plane);
    return 1 / Math.hypot(...this.#inverse.slice(3 * n, 3 * n + 3));
  }
}

export const axisOf = (plane: Plane): 0 | 1 | 2 => (plane === 'i' ? 0 : plane === 'j' ? 1 : 2);

/** A point moved onto a slice of a plane. */
export function onSlice(v: Voxel, plane: Plane, index: number): Voxel {
  const moved = [...v] as [number, number, number];
  moved[axisOf(plane)] = index;
  return moved;
}

/** Pixels of a slice of a plane: k: (i, j), j: (i, k), i: (j, k). */
export function toPixel(v: Voxel, plane: Plane): readonly [number, number] {
  return plane === 'k' ? [v[0], v[1]] : plane === 'j' ? [v[0], v[2]] : [v[1], v[2]];
}

export function fromPixel(x: number, y: number, plane: Plane, index: number): Voxel {
  return plane === 'k' ? [x, y, index] : plane === 'j' ? [x, index, y] : [index, x, y];
}

function invert(a: readonly number[]): number[] {
  const [m00, m01, m02, m10, m11, m12, m20, m21, m22] = [a[0]!, a[1]!, a[2]!, a[4]!, a[5]!, a[6]!, a[8]!, a[9]!, a[10]!];
  const c = [m11 * m22 - m12 * m21, m12 * m20 - m10 * m22, m10 * m21 - m11 * m20] as const;
  const determinant = m00 * c[0] + m01 * c[1] + m02 * c[2];
  if (!(Math.abs(determinant) > 1e-12))
    throw new Error('The image has no usable geometry.');
  return [
    c[0], m02 * m21 - m01 * m22, m01 * m12 - m02 * m11,
    c[1], m00 * m22 - m02 * m20, m02 * m10 - m00 * m12,
    c[2], m01 * m20 - m00 * m21, m00 * m11 - m01 * m10,
  ].map(v => v / determinant);
}
