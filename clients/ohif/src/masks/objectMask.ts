import type { MaskData, Plane } from '../hub/contract.ts';
import { BadMask, eachRun, encode } from './runs.ts';

/** A slice of an object as it was painted by hand. */
export interface Edit {
  readonly plane: Plane;
  readonly index: number;
  readonly mask: MaskData;
}

/** The voxels of one object, a bit each, slice by slice; slices without any take no room. What the viewer shows is painted from it. */
export class ObjectMask {
  readonly #size: readonly [number, number, number];
  readonly #slices = new Map<number, Uint8Array>();

  constructor(dimensions: readonly number[]) {
    this.#size = [dimensions[0]!, dimensions[1]!, dimensions[2]!];
  }

  /** Slices (k) that hold a voxel of the object or did once. */
  get touched(): number[] {
    return [...this.#slices.keys()];
  }

  get isEmpty(): boolean {
    return this.count() === 0;
  }

  count(): number {
    let sum = 0;
    for (const bits of this.#slices.values())
      for (const byte of bits)
        for (let rest = byte; rest !== 0; rest &= rest - 1) sum++;
    return sum;
  }

  has(i: number, j: number, k: number): boolean {
    const bits = this.#slices.get(k);
    const at = j * this.#size[0] + i;
    return bits !== undefined && (bits[at >> 3]! >> (at & 7) & 1) === 1;
  }

  /** The object's voxels on a plane become just these. Gives the slices (k) that changed. */
  write(plane: Plane, index: number, mask: MaskData): number[] {
    const [ni, nj, nk] = this.#size;
    const [width, height, depth] = plane === 'k' ? [ni, nj, nk] : plane === 'j' ? [ni, nk, nj] : [nj, nk, ni];
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = mask.box;
    if (index < 0 || index >= depth || x0 < 0 || y0 < 0 || x1 > width || y1 > height)
      throw new BadMask('The mask lies outside the image.');
    const w = x1 - x0;
    if (plane === 'k') {
      const bits = new Uint8Array((ni * nj + 7) >> 3);
      eachRun(mask, (from, to) => {
        for (let p = from; p < to; p++) {
          const at = (y0 + Math.floor(p / w)) * ni + x0 + (p % w);
          bits[at >> 3]! |= 1 << (at & 7);
        }
      });
      this.#slices.set(index, bits);
      return [index];
    }
    // A plane across the slices: one line of each changes.
    const changed = new Set<number>();
    for (const k of this.#slices.keys()) {
      for (let x = 0; x < width; x++) {
        const [i, j] = plane === 'j' ? [x, index] : [index, x];
        if (this.has(i, j, k)) {
          this.#set(i, j, k, false);
          changed.add(k);
        }
      }
    }
    eachRun(mask, (from, to) => {
      for (let p = from; p < to; p++) {
        const x = x0 + (p % w), k = y0 + Math.floor(p / w);
        const [i, j] = plane === 'j' ? [x, index] : [index, x];
        this.#set(i, j, k, true);
        changed.add(k);
      }
    });
    return [...changed];
  }

  /** Puts a slice into a label image: `value` where the object is, 0 elsewhere. */
  paint(k: number, pixels: { [at: number]: number; readonly length: number; fill(value: number): unknown }, value: number): void {
    const bits = this.#slices.get(k);
    if (!bits) {
      pixels.fill(0);
      return;
    }
    for (let at = 0; at < pixels.length; at++)
      pixels[at] = (bits[at >> 3]! >> (at & 7)) & 1 ? value : 0;
  }

  /**
   * What a hand changed in label images: the slices, each as it is now. Changes on one plane across the slices, as a brush
   * in a reformatted view makes them, are one edit of that plane.
   * @param slices the slices to look at
   * @param pixelsOf the label image of a slice
   */
  diff(slices: Iterable<number>, pixelsOf: (k: number) => ArrayLike<number>): Edit[] {
    const [ni, nj, nk] = this.#size;
    let i0 = ni, i1 = -1, j0 = nj, j1 = -1;
    const changed: number[] = [];
    for (const k of slices) {
      const pixels = pixelsOf(k), bits = this.#slices.get(k);
      let isChanged = false;
      for (let at = 0; at < pixels.length; at++) {
        if ((pixels[at] !== 0) === (bits !== undefined && ((bits[at >> 3]! >> (at & 7)) & 1) === 1))
          continue;
        const i = at % ni, j = Math.floor(at / ni);
        if (i < i0) i0 = i;
        if (i > i1) i1 = i;
        if (j < j0) j0 = j;
        if (j > j1) j1 = j;
        isChanged = true;
      }
      if (isChanged)
        changed.push(k);
    }
    if (changed.length > 1 && j0 === j1)
      return [{ plane: 'j', index: j0, mask: encode(ni, nk, (i, k) => pixelsOf(k)[j0 * ni + i] !== 0) }];
    if (changed.length > 1 && i0 === i1)
      return [{ plane: 'i', index: i0, mask: encode(nj, nk, (j, k) => pixelsOf(k)[j * ni + i0] !== 0) }];
    return changed.map(k => {
      const pixels = pixelsOf(k);
      return { plane: 'k', index: k, mask: encode(ni, nj, (i, j) => pixels[j * ni + i] !== 0) };
    });
  }

  /** The object on a slice, for a server that has lost it. */
  slice(k: number): MaskData {
    const [ni, nj] = this.#size;
    return encode(ni, nj, (i, j) => this.has(i, j, k));
  }

  #set(i: number, j: number, k: number, isInside: boolean): void {
    let bits = this.#slices.get(k);
    if (!bits)
      this.#slices.set(k, (bits = new Uint8Array((this.#size[0] * this.#size[1] + 7) >> 3)));
    const at = j * this.#size[0] + i;
    if (isInside)
      bits[at >> 3]! |= 1 << (at & 7);
    else
      bits[at >> 3]! &= ~(1 << (at & 7));
  }
}
