// Where things are, on a grid that is turned and whose pixels are not square: a mistake of one voxel shows here.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { block, blockSeries, isBright, isRed } from './support/block.mjs';
import { store } from './support/dicom.mjs';
import { joinSession, rectangle } from './support/hub.mjs';
import { startServer } from './support/server.mjs';
import { eventually, launch, openViewer } from './support/viewer.mjs';

let server, browser, viewer, other, series;
const k = 12;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
  series = blockSeries();
  await store(server.base, series.instances);
  viewer = await openViewer(browser, server.base, series.study);
  await viewer.slice(series.instances[k].uid);
});

after(async () => {
  await other?.stop();
  await browser?.close();
  await server?.stop();
});

const sessionId = () => viewer.sessionId(series.series);
let bright;

test('the image is drawn, in shades and in its proportions', async () => {
  bright = await viewer.extent(isBright);
  const aspect = (bright.right - bright.left) / (bright.bottom - bright.top);
  const expected = ((block.i1 - block.i0) * 0.7) / ((block.j1 - block.j0) * 1.1);
  assert.ok(Math.abs(aspect - expected) < 0.06, `the block is drawn ${aspect} wide for its height, not ${expected}`);
  const shades = new Set();
  await viewer.extent(r => { shades.add(r); return false; });
  assert.ok(shades.size > 20, `only ${shades.size} grey levels`);
});

test('a click says the voxel that was clicked, and an overlay comes', async () => {
  const centre = { x: (bright.left + bright.right) / 2, y: (bright.top + bright.bottom) / 2 };
  await viewer.page.mouse.click(centre.x, centre.y);
  other = await joinSession(server.base, await sessionId(), 'test');
  const [{ at, include }] = await eventually(async () => (await other.call('Mask', {})).objects[0].prompts[0].points);
  const voxel = [(block.i0 + block.i1 - 1) / 2, (block.j0 + block.j1 - 1) / 2, k];
  at.forEach((x, n) => assert.ok(Math.abs(x - voxel[n]) <= 0.5, `${at} is not ${voxel}`));
  assert.equal(include, true);
  await eventually(async () => assert.ok((await viewer.voxels())[0] > 0));
});

test('the edges of a mask are drawn where its voxels are: two opposite corners within one voxel', async () => {
  await other.call('Prompt', { objectId: 1, plane: 'k', index: k, mask: rectangle(block.i0, block.j0, block.i1, block.j1), replace: true });
  await eventually(async () => assert.equal((await viewer.voxels())[0], (block.i1 - block.i0) * (block.j1 - block.j0)));
  const voxel = { x: (bright.right - bright.left) / (block.i1 - block.i0), y: (bright.bottom - bright.top) / (block.j1 - block.j0) };
  await eventually(async () => {
    const red = await viewer.extent(isRed);
    for (const [side, size] of [['left', voxel.x], ['right', voxel.x], ['top', voxel.y], ['bottom', voxel.y]])
      assert.ok(Math.abs(red[side] - bright[side]) <= size, `${side}: the mask ends at ${red[side]}, the block at ${bright[side]}; a voxel is ${size} pixels`);
  });
  await viewer.picture('oblique-mask');
});

test('the mask is in all three reformatted views, and a prompt there says its voxel', async () => {
  for (let index = block.k0; index < block.k1; index++)
    await other.call('Prompt', { objectId: 1, plane: 'k', index, mask: rectangle(block.i0, block.j0, block.i1, block.j1), replace: true });
  await eventually(async () => assert.equal((await viewer.voxels())[0], 12 * 400));
  await viewer.mpr(true);
  await viewer.page.waitForFunction(() => cornerstone.getEnabledElements().every(each => each.viewport.getActors().length === 2), null, { timeout: 60_000 });
  const centre = await viewer.page.evaluate(([i, j, n]) => {
    // To the middle of the block in all three views.
    const { imageData } = cornerstone.getEnabledElements()[0].viewport.getImageData();
    const world = imageData.indexToWorld([i, j, n]);
    for (const { viewport } of cornerstone.getEnabledElements()) {
      const camera = viewport.getCamera();
      const step = camera.viewPlaneNormal.map((x, axis) => x * (world[axis] - camera.focalPoint[axis])).reduce((a, b) => a + b);
      viewport.setCamera({ focalPoint: camera.focalPoint.map((x, axis) => x + step * camera.viewPlaneNormal[axis]), position: camera.position.map((x, axis) => x + step * camera.viewPlaneNormal[axis]) });
      viewport.render();
    }
    return cornerstone.getEnabledElements().map(({ viewport }) => { const [x, y] = viewport.worldToCanvas(world); const { left, top } = viewport.canvas.getBoundingClientRect(); return { x: x + left, y: y + top }; });
  }, [(block.i0 + block.i1 - 1) / 2, (block.j0 + block.j1 - 1) / 2, k]);
  await eventually(async () => {
    for (const [n, place] of centre.entries()) {
      const [r, g, b] = await viewer.colour(place);
      assert.ok(r > g + 25 && r > b + 25, `view ${n} shows no mask: ${[r, g, b]}`);
    }
  });
  await viewer.picture('oblique-mpr');

  await viewer.button('New segment').click();
  await viewer.page.mouse.click(centre[1].x, centre[1].y);
  const [prompt] = await eventually(async () => (await other.call('Mask', {})).objects.find(object => object.objectId === 2).prompts);
  const voxel = [(block.i0 + block.i1 - 1) / 2, (block.j0 + block.j1 - 1) / 2, k];
  prompt.points[0].at.forEach((x, n) => assert.ok(Math.abs(x - voxel[n]) <= 1.5, `${prompt.points[0].at} is not ${voxel}`));
  assert.notEqual(prompt.plane, 'k');
  await viewer.mpr(false);
});

test('nothing went wrong, and nothing was asked of other hosts', () => assert.deepEqual(viewer.trouble, []));
