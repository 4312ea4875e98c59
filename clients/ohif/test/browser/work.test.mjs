// A person's work on a series: prompts, corrections, the volume, the way back.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { block, blockSeries } from './support/block.mjs';
import { store } from './support/dicom.mjs';
import { joinSession, rectangle } from './support/hub.mjs';
import { countVoxels } from './support/masks.mjs';
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
  other = await joinSession(server.base, await viewer.sessionId(series.series), 'the test');
});

after(async () => {
  await other?.stop();
  await browser?.close();
  await server?.stop();
});

const state = () => other.call('Mask', {});
const object = async id => (await state()).objects.find(each => each.objectId === id);

/** What the viewer shows is what the session has. */
const agree = () => eventually(async () => {
  const counts = [...countVoxels((await state()).frames).entries()].filter(([, n]) => n > 0).sort(([a], [b]) => a - b).map(([, n]) => n);
  assert.deepEqual((await viewer.voxels()).filter(n => n > 0), counts);
  return counts;
});

/** Does it, and waits until the session has something new. */
async function said(act) {
  const { sequence } = await state();
  await act();
  await eventually(async () => assert.ok((await state()).sequence > sequence, 'nothing new in the session'));
}

const progress = least => viewer.page.waitForFunction(n => document.querySelector('.medsam2-panel progress').value >= n, least, { timeout: 90_000 });

test('a box', async () => {
  await viewer.press('b', 'MedSam2Box');
  await said(() => viewer.stroke([block.i0 - 2, block.j0 - 2], [block.i1 + 1, block.j1 + 1]));
  const { box } = (await object(1)).prompts[0];
  [[box.min, [block.i0 - 2, block.j0 - 2, k]], [box.max, [block.i1 + 1, block.j1 + 1, k]]].forEach(([got, expected]) => got.forEach((x, n) => assert.ok(Math.abs(x - expected[n]) < 0.6, `${got} is not ${expected}`)));
  await agree();
});

test('what is not the object: a point with Alt, and by the panel\'s button', async () => {
  await viewer.press('p', 'MedSam2Point');
  await said(() => viewer.click(60, 30, { alt: true }));
  await viewer.button('− Exclude').click();
  await said(() => viewer.click(20, 50));
  await viewer.button('+ Include').click();
  assert.deepEqual((await object(1)).prompts[0].points.map(point => point.include), [false, false]);
  await agree();
});

test('scribble and lasso, each on a segment of its own; segments may overlap', async () => {
  await viewer.button('New segment').click();
  await viewer.press('s', 'MedSam2Scribble');
  await said(() => viewer.stroke([33, 30], [45, 40]));
  await viewer.panel.getByRole('combobox', { name: 'New segment of a known structure' }).selectOption('Liver');
  await viewer.press('o', 'MedSam2Lasso');
  await said(() => viewer.stroke([28, 23], [52, 23], [52, 47], [28, 47]));
  await eventually(async () => {
    const [second, third] = [await object(2), await object(3)];
    assert.ok(second.prompts[0].points.length >= 1 && third.prompts[0].box);
    assert.deepEqual([third.name, third.code?.value], ['Liver', '10200004']);
  });
  for (const objectId of [2, 3])
    await other.call('Prompt', { objectId, plane: 'k', index: k, mask: rectangle(10, 10, 20, 20), replace: true });
  const counts = await agree();
  assert.deepEqual(counts.slice(-2), [100, 100]);
});

test('undo and redo', async () => {
  const before_ = await agree();
  await viewer.panel.getByRole('button', { name: 'Work on Object 2' }).click();
  await viewer.press('b', 'MedSam2Box');
  await said(() => viewer.stroke([60, 30], [75, 50]));
  const after_ = await agree();
  assert.notDeepEqual(after_, before_);
  await said(() => viewer.button('Undo').click());
  assert.deepEqual(await agree(), before_);
  await said(() => viewer.page.keyboard.press('Control+y'));
  assert.deepEqual(await agree(), after_);
});

test('prompts wait where the mode is not live', async () => {
  await viewer.panel.getByLabel('Live', { exact: true }).click();
  await viewer.page.evaluate(() => document.activeElement.blur()); // the viewer leaves keys to a control that has the focus
  await viewer.press('p', 'MedSam2Point');
  const { sequence } = await state();
  await viewer.click(40, 35);
  await viewer.says(/Waiting for Run/);
  assert.equal((await state()).sequence, sequence);
  await said(() => viewer.page.keyboard.press('Enter'));
  await viewer.panel.getByLabel('Live', { exact: true }).click();
  await agree();
});

test('through the volume, some slices one way; and stopped on the way', async () => {
  await viewer.panel.getByRole('button', { name: 'Work on Object 1' }).click();
  await viewer.panel.getByLabel('Direction').selectOption('up');
  await viewer.panel.getByLabel('Slices').fill('3');
  await viewer.button('Follow through the volume').click();
  await viewer.says(/^Done: \d+ slices/);
  const slices = (await state()).frames.filter(frame => frame.objectId === 1).map(frame => frame.index);
  assert.ok(Math.max(...slices) <= k + 3 && Math.min(...slices) >= k, `${slices}`);
  await agree();

  await viewer.panel.getByLabel('Direction').selectOption('both');
  await viewer.panel.getByLabel('Slices').fill('');
  await viewer.panel.getByLabel('Axes').selectOption('six');
  await viewer.page.evaluate(() => document.activeElement.blur());
  await viewer.page.keyboard.press('f');
  await progress(2);
  await viewer.page.keyboard.press('Escape');
  await viewer.says(/^Stopped after \d+ slices/);
  await agree();
});

test('a refusal says what to do', async () => {
  await viewer.panel.getByRole('button', { name: /^Lock / }).click();
  await viewer.panel.getByRole('button', { name: /^Unlock / }).waitFor();
  await viewer.press('p', 'MedSam2Point');
  await viewer.click(40, 35);
  await viewer.says(/locked: unlock it/);
  await viewer.panel.getByRole('button', { name: /^Unlock / }).click();
  await viewer.panel.getByRole('button', { name: /^Lock / }).waitFor();
});

test('nothing went wrong', () => assert.deepEqual(viewer.trouble, []));
