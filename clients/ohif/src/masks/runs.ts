import type { MaskData } from '../hub/contract.ts';

export class BadMask extends Error {}

/** Calls `emit(from, to)` for each run of the object: pixel numbers within the box, row by row, `to` exclusive. */
export function eachRun(mask: MaskData, emit: (from: number, to: number) => void): void {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = mask.box;
  const size = (x1 - x0) * (y1 - y0);
  let at = 0, length = 0, shift = 0, inside = false;
  for (const byte of mask.runs) {
    if (shift > 28)
      throw new BadMask('A run of the mask is longer than any image.');
    length += (byte & 0x7f) * 2 ** shift;
    if (byte & 0x80) {
      shift += 7;
      continue;
    }
    if (at + length > size)
      throw new BadMask('The mask does not fit its box.');
    if (inside && length > 0)
      emit(at, at + length);
    at += length;
    inside = !inside;
    length = 0;
    shift = 0;
  }
  if (shift !== 0)
    throw new BadMask('The mask ends within a run.');
}

/** The runs of a plane of `width` x `height` pixels, in the smallest box that holds all of them. */
export function encode(width: number, height: number, isInside: (x: number, y: number) => boolean): MaskData {
  let x0 = width, y0 = height, x1 = 0, y1 = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!isInside(x, y))
        continue;
      if (x < x0) x0 = x;
      if (x >= x1) x1 = x + 1;
      if (y < y0) y0 = y;
      y1 = y + 1;
    }
  }
  if (x1 === 0)
    return { box: [0, 0, 0, 0], runs: new Uint8Array() };

  const bytes: number[] = [];
  let run = 0, inside = false;
  const flush = () => {
    for (; run >= 0x80; run = Math.floor(run / 0x80))
      bytes.push((run & 0x7f) | 0x80);
    bytes.push(run);
    run = 0;
  };
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      if (isInside(x, y) !== inside) {
        flush();
        inside = !inside;
      }
      run++;
    }
  }
  flush();
  return { box: [x0, y0, x1, y1], runs: Uint8Array.from(bytes) };
}
