import { makeSeries } from './dicom.mjs';

/** A bright block in a body, on an oblique grid whose pixels are not square. */
export const block = { i0: 30, i1: 50, j0: 25, j1: 45, k0: 6, k1: 18 };

export function blockSeries(shape = {}) {
  const isIn = (i, j, k) => i >= block.i0 && i < block.i1 && j >= block.j0 && j < block.j1 && k >= block.k0 && k < block.k1;
  return makeSeries({
    columns: 96, rows: 80, slices: 24, columnSpacing: 0.7, rowSpacing: 1.1, sliceSpacing: 2.5, angles: [0.3, 0.25], ...shape,
    value: (i, j, k) => (isIn(i, j, k) ? 300 : ((i - 48) / 44) ** 2 + ((j - 40) / 36) ** 2 < 1 ? 20 + ((i * 7 + j * 13 + k * 3) % 30) : -800),
  });
}

export const isBright = (r, g, b) => Math.min(r, g, b) > 190;
export const isRed = (r, g, b) => r > g + 45 && r > b + 45;

/** 500 slices of a body with a bright rod in it that grows and shrinks along the way. */
export function longSeries({ columns, rows, slices = 500 }) {
  return makeSeries({
    columns, rows, slices, columnSpacing: 300 / columns, rowSpacing: 300 / rows, sliceSpacing: 1, description: 'Long',
    value: (i, j, k) => {
      const x = (i + 0.5) / columns - 0.5, y = (j + 0.5) / rows - 0.5, reach = x * x + y * y;
      return reach < (0.12 + 0.04 * Math.sin(k / 40)) ** 2 ? 250 : reach < 0.2 ? 20 + ((i * 7 + j * 13 + k * 3) % 30) : -800;
    },
  });
}
