// A NIfTI volume with a bright ball in it, as a file to upload.
import { gzipSync } from 'node:zlib';

export const columns = 64, rows = 60, slices = 7;

export function ball() {
  const header = Buffer.alloc(352);
  header.writeInt32LE(348, 0);
  [3, columns, rows, slices, 1, 1, 1, 1].forEach((side, n) => header.writeInt16LE(side, 40 + 2 * n));
  header.writeInt16LE(4, 70); // int16
  header.writeInt16LE(16, 72);
  [1, 1, 1, 2, 1, 1, 1, 1].forEach((spacing, n) => header.writeFloatLE(spacing, 76 + 4 * n));
  header.writeFloatLE(352, 108);
  header.writeFloatLE(1, 112);
  header.writeInt16LE(1, 254); // sform
  [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0]].flat().forEach((value, n) => header.writeFloatLE(value, 280 + 4 * n));
  header.write('n+1\0', 344, 'latin1');
  const voxels = Buffer.alloc(2 * columns * rows * slices);
  for (let n = 0; n < columns * rows * slices; n++) {
    const [i, j, k] = [n % columns, Math.floor(n / columns) % rows, Math.floor(n / columns / rows)];
    const inside = (i - 24) ** 2 + (j - 26) ** 2 + (2 * (k - 3)) ** 2 < 100;
    voxels.writeInt16LE((inside ? 140 : 30) + (n * 7919) % 17, 2 * n);
  }

  return gzipSync(Buffer.concat([header, voxels]));
}

/** Pixels of a mask frame, true inside. */
export function decode({ box: [x0, y0, x1, y1], runs }) {
  const bytes = typeof runs === 'string' ? Buffer.from(runs, 'base64') : runs;
  const pixels = [];
  let inside = false;
  for (let at = 0; at < bytes.length; inside = !inside) {
    let length = 0, shift = 0;
    do {
      length |= (bytes[at] & 0x7f) << shift;
      shift += 7;
    } while (bytes[at++] & 0x80);
    for (; length > 0; length--)
      pixels.push(inside);
  }

  return { count: pixels.filter(Boolean).length, area: pixels.length, box: (x1 - x0) * (y1 - y0), at: (x, y) => pixels[(y - y0) * (x1 - x0) + x - x0] === true };
}
