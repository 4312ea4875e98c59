import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { load } from '../load.mjs';

const { eachRun, encode } = await load('masks/runs.ts');
const { ObjectMask } = await load('masks/objectMask.ts');

const spans = mask => {
  const found = [];
  eachRun(mask, (from, to) => found.push([from, to]));
  return found;
};

test('runs begin with background and may be longer than a byte', () => {
  assert.deepEqual(spans({ box: [0, 0, 100, 4], runs: Uint8Array.of(0xac, 0x02, 3, 1, 2) }), [[300, 303], [304, 306]]);
});

test('runs that do not fit their box, end within a number or are endless are refused', () => {
  assert.throws(() => spans({ box: [0, 0, 2, 2], runs: Uint8Array.of(0, 5) }), /does not fit/);
  assert.throws(() => spans({ box: [0, 0, 2, 2], runs: Uint8Array.of(0x80) }), /ends within/);
  assert.throws(() => spans({ box: [0, 0, 2, 2], runs: Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0) }), /longer/);
});

test('what is encoded is decoded again, in the smallest box, for many shapes', () => {
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
  for (let n = 0; n < 200; n++) {
    const [w, h] = [1 + Math.floor(random() * 40), 1 + Math.floor(random() * 300)];
    const share = random();
    const pixels = Uint8Array.from({ length: w * h }, () => (random() < share ? 1 : 0));
    const mask = encode(w, h, (x, y) => pixels[y * w + x] === 1);
    const back = new Uint8Array(w * h), [x0, y0, x1] = mask.box;
    eachRun(mask, (from, to) => {
      for (let p = from; p < to; p++)
        back[(y0 + Math.floor(p / (x1 - x0))) * w + x0 + (p % (x1 - x0))] = 1;
    });
    assert.deepEqual(back, pixels);
  }
});

test('an empty mask has no box and no runs', () => {
  assert.deepEqual(encode(4, 4, () => false), { box: [0, 0, 0, 0], runs: new Uint8Array() });
});

const rectangle = (x0, y0, x1, y1) => ({ box: [x0, y0, x1, y1], runs: Uint8Array.of(0, (x1 - x0) * (y1 - y0)) });

test('a frame replaces its plane and nothing else', () => {
  const mask = new ObjectMask([6, 5, 4]);
  assert.deepEqual(mask.write('k', 2, rectangle(1, 1, 4, 3)), [2]);
  mask.write('k', 3, rectangle(0, 0, 6, 5));
  mask.write('k', 2, rectangle(5, 4, 6, 5));
  assert.equal(mask.count(), 31);
  assert.ok(mask.has(5, 4, 2) && !mask.has(1, 1, 2));
});

test('a frame across the slices changes one line of each', () => {
  const mask = new ObjectMask([6, 5, 4]);
  mask.write('k', 1, rectangle(0, 0, 6, 5));
  assert.deepEqual(mask.write('j', 2, rectangle(3, 0, 5, 4)).sort(), [0, 1, 2, 3]);
  assert.ok(mask.has(3, 2, 0) && mask.has(4, 2, 3) && !mask.has(0, 2, 1) && mask.has(0, 1, 1));
  mask.write('i', 5, rectangle(0, 0, 1, 1));
  assert.ok(mask.has(5, 0, 0) && !mask.has(5, 0, 1) && mask.has(4, 0, 1));
});

test('a mask outside the image is refused', () => {
  const mask = new ObjectMask([6, 5, 4]);
  assert.throws(() => mask.write('k', 4, rectangle(0, 0, 1, 1)), /outside/);
  assert.throws(() => mask.write('k', 0, rectangle(0, 0, 7, 1)), /outside/);
  assert.throws(() => mask.write('j', 0, rectangle(0, 0, 1, 5)), /outside/);
});

test('painting and comparing: nothing changed is no edit, a stroke on a slice is that slice as it is now', () => {
  const mask = new ObjectMask([6, 5, 4]);
  mask.write('k', 1, rectangle(1, 1, 4, 4));
  const slices = [0, 1, 2, 3].map(k => { const pixels = new Uint8Array(30); mask.paint(k, pixels, 1); return pixels; });
  assert.deepEqual(mask.diff([0, 1, 2, 3], k => slices[k]), []);
  slices[1][0] = 1;
  slices[1][7] = 0;
  const [edit, ...others] = mask.diff([0, 1, 2, 3], k => slices[k]);
  assert.deepEqual([others.length, edit.plane, edit.index], [0, 'k', 1]);
  mask.write(edit.plane, edit.index, edit.mask);
  assert.deepEqual(mask.diff([0, 1, 2, 3], k => slices[k]), []);
});

test('a stroke in a reformatted view is one edit of that plane', () => {
  const mask = new ObjectMask([6, 5, 4]);
  mask.write('k', 0, rectangle(0, 0, 2, 2));
  const slices = [0, 1, 2, 3].map(k => { const pixels = new Uint8Array(30); mask.paint(k, pixels, 1); return pixels; });
  for (const k of [1, 2, 3])
    slices[k][3 * 6 + 4] = slices[k][3 * 6 + 5] = 1; // row j = 3
  const edits = mask.diff([0, 1, 2, 3], k => slices[k]);
  assert.deepEqual(edits.map(e => [e.plane, e.index, e.mask.box]), [['j', 3, [4, 1, 6, 4]]]);
});
