// A series of 500 slices: opened, clicked, followed a little way, saved.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { longSeries } from './support/block.mjs';
import { search, store } from './support/dicom.mjs';
import { joinSession } from './support/hub.mjs';
import { countVoxels } from './support/masks.mjs';
import { startServer } from './support/server.mjs';
import { eventually, launch, openViewer } from './support/viewer.mjs';

let server, browser, viewer, other, series;
const k = 321;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
  series = longSeries({ columns: 128, rows: 128 });
  await store(server.base, series.instances);
  viewer = await openViewer(browser, server.base, series.study);
  other = await joinSession(server.base, await viewer.sessionId(series.series), 'the test');
});

after(async () => {
  await other?.stop();
  await browser?.close();
  await server?.stop();
});

test('all slices are there, and a click is said of the one in view', async () => {
  assert.deepEqual(other.info.dimensions, [128, 128, 500]);
  assert.equal(await viewer.page.evaluate(() => cornerstone.getEnabledElements()[0].viewport.getImageIds().length), 500);
  await viewer.slice(series.instances[k].uid);
  await viewer.click(64, 64);
  const [prompt] = await eventually(async () => (await other.call('Mask', {})).objects[0].prompts);
  assert.equal(prompt.index, k);
  await eventually(async () => assert.ok((await viewer.voxels())[0] > 0));
});

test('some slices each way, and what is seen is saved', async () => {
  await viewer.panel.getByLabel('Slices').fill('4');
  await viewer.page.keyboard.press('Enter');
  await viewer.page.keyboard.press('f');
  await viewer.says(/^Done: \d+ slices/, 180_000);
  const { frames } = await other.call('Mask', {});
  assert.deepEqual(frames.map(frame => frame.index).sort((a, b) => a - b), Array.from({ length: 9 }, (_, n) => k - 4 + n));
  const [count] = countVoxels(frames).values();
  await eventually(async () => assert.deepEqual(await viewer.voxels(), [count]));
  await viewer.picture('long');
  await viewer.button('Save draft').click();
  await viewer.says(/Saved as original/, 180_000);
  assert.equal((await search(server.base, `studies/${series.study}/instances?Modality=SEG`)).length, 1);
});

test('nothing went wrong', () => assert.deepEqual(viewer.trouble, []));
