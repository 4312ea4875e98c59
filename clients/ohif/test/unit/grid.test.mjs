import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { load } from '../load.mjs';

const { Grid, toPixel, fromPixel, onSlice } = await load('geometry/grid.ts');
const { toPrompt } = await load('input/pointer.ts');

// Oblique, not square, slices 3 mm apart: columns along a turned x, rows along a turned y.
const angle = 0.4, [c, s] = [Math.cos(angle), Math.sin(angle)];
const [column, row, slice] = [[c, s, 0], [-s * c, c * c, s], [s * s, -s * c, c]];
const spacing = [0.5, 1.25, 3];
const affine = [0, 1, 2].flatMap(r => [column[r] * spacing[0], row[r] * spacing[1], slice[r] * spacing[2], [10, -20, 30][r]]).concat([0, 0, 0, 1]);
const grid = new Grid({ dimensions: [40, 30, 20], affine, instances: ['1.2', '1.3', '1.3'], frames: [1, 1, 2] });
const near = (a, b) => a.forEach((x, n) => assert.ok(Math.abs(x - b[n]) < 1e-9, `${a} is not ${b}`));

test('an oblique grid with pixels that are not square, there and back', () => {
  near(grid.toWorld([0, 0, 0]), [10, -20, 30]);
  near(grid.toVoxel(grid.toWorld([3.25, 7.5, 11])), [3.25, 7.5, 11]);
  const step = grid.toWorld([1, 0, 0]).map((x, n) => x - [10, -20, 30][n]);
  assert.ok(Math.abs(Math.hypot(...step) - 0.5) < 1e-9);
});

test('a sheared grid, as a tilted gantry makes it', () => {
  const tilted = new Grid({ dimensions: [4, 4, 4], affine: [1, 0, 0, 0, 0, 1, 0.7, 0, 0, 0, 2, 0, 0, 0, 0, 1], instances: [], frames: [] });
  near(tilted.toVoxel([2, 3 + 0.7, 2]), [2, 3, 1]);
  assert.equal(tilted.planeOf([0, 0, 1]), 'k');
  assert.ok(Math.abs(tilted.spacingOf('k') - 2) < 1e-9);
});

test('which plane a view shows', () => {
  assert.equal(grid.planeOf(slice), 'k');
  assert.equal(grid.planeOf(row.map(x => -x)), 'j');
  assert.equal(grid.planeOf(column), 'i');
});

test('frames of one instance are slices of their own', () => {
  assert.equal(grid.sliceOf('1.3', 2), 2);
  assert.equal(grid.sliceOf('1.2'), 0);
  assert.equal(grid.sliceOf('9.9'), undefined);
});

test('a grid without volume is refused', () => {
  assert.throws(() => new Grid({ dimensions: [1, 1, 1], affine: new Array(16).fill(0), instances: [], frames: [] }), /geometry/);
});

test('pixels of a plane', () => {
  for (const [plane, expected] of [['k', [1, 2]], ['j', [1, 3]], ['i', [2, 3]]]) {
    assert.deepEqual(toPixel([1, 2, 3], plane), expected);
    const index = { k: 3, j: 2, i: 1 }[plane];
    assert.deepEqual(fromPixel(...expected, plane, index), [1, 2, 3]);
  }
  assert.deepEqual(onSlice([1, 2, 3], 'j', 9), [1, 9, 3]);
});

test('strokes become prompts on the slice in view, within the image', () => {
  const at = { plane: 'k', index: 5 };
  assert.deepEqual(toPrompt('point', at, false, 3, [[4, 6, 5.2]], grid), { objectId: 3, plane: 'k', index: 5, points: [{ at: [4, 6, 5], include: false }] });
  assert.deepEqual(toPrompt('box', at, true, 1, [[30, 20, 5], [10, 25, 5], [10, 20, 5], [30, 25, 5]], grid).box, { min: [10, 20, 5], max: [30, 25, 5] });
  assert.deepEqual(toPrompt('box', at, true, 1, [[-9, 20, 5], [99, 25, 5]], grid).box, { min: [0, 20, 5], max: [39, 25, 5] });
  assert.deepEqual(toPrompt('lasso', at, true, 1, [[1, 1, 5], [5, 1, 5], [5, 5, 5]], grid).lasso, [[1, 1, 5], [5, 1, 5], [5, 5, 5]]);
  assert.equal(toPrompt('point', at, true, 1, [[-3, 6, 5]], grid), null);
});

test('a view that does not look along an axis puts a stroke on the slice at its middle', () => {
  assert.equal(toPrompt('scribble', { plane: 'j', index: 10 }, true, 1, [[4, 13, 2], [4, 15, 3]], grid).index, 14);
});
