// The line to the server is slow or cut, the server is killed: it shows, it comes back by itself, and nothing is lost.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { block, blockSeries } from './support/block.mjs';
import { store } from './support/dicom.mjs';
import { joinSession } from './support/hub.mjs';
import { startLine } from './support/line.mjs';
import { countVoxels } from './support/masks.mjs';
import { startServer } from './support/server.mjs';
import { eventually, launch, openViewer } from './support/viewer.mjs';

let server, line, browser, viewer, other, series, sessionId;
const k = 12;
/** Bytes of the hub's frames that come before the line is cut: some slices of several hundred. */
const some = 2000;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
  line = await startLine(server.base);
  series = blockSeries();
  await store(server.base, series.instances);
  viewer = await openViewer(browser, line.base, series.study);
  await viewer.slice(series.instances[k].uid);
  sessionId = await viewer.sessionId(series.series);
  other = await joinSession(server.base, sessionId, 'the test');
});

after(async () => {
  await other?.stop();
  await browser?.close();
  await line?.stop();
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

/** Another segment, all of whose slices are still to come. */
async function boxed() {
  await viewer.button('New segment').click();
  await viewer.press('b', 'MedSam2Box');
  await viewer.stroke([block.i0, block.j0], [block.i1, block.j1]);
  await viewer.says(/^The model (rates|finds)/);
}

const lost = () => viewer.panel.getByText('Connection lost').waitFor({ timeout: 60_000 });
const back = () => viewer.panel.getByText('Connected', { exact: true }).waitFor({ timeout: 120_000 });

test('a key that is pressed before the prompt is answered waits for the answer', async () => {
  await viewer.press('b', 'MedSam2Box');
  line.hold();
  await viewer.stroke([block.i0, block.j0], [block.i1, block.j1]);
  await eventually(async () => assert.equal((await object(1))?.prompts.length, 1));
  await viewer.page.keyboard.press('f');
  line.release();
  await viewer.says(/^Done: \d+ slices/, 180_000);
  await agree();
});

test('a line that is cut in mid-stream: it shows, it comes back by itself, and nothing is lost', async () => {
  await boxed();
  await viewer.panel.getByLabel('Axes').selectOption('triplanar');
  const cut = line.after(some, () => line.cut());
  await viewer.page.keyboard.press('f');
  await cut;
  await lost();
  await viewer.picture('connection-lost');
  const [, early] = await viewer.voxels();
  line.mend();
  await back();
  await viewer.says(/^Done: \d+ slices/, 180_000);
  const [, all] = await agree();
  assert.ok(all > early, `${early} voxels when the line was cut, ${all} at the end`);
});

test('where the orientations disagree', async () => {
  await viewer.page.keyboard.press('u');
  await viewer.page.waitForFunction(() => [...document.querySelectorAll('.medsam2-overlay canvas')].some(each => each.width === 96 && each.style.display === 'block'), null, { timeout: 60_000 });
  await viewer.picture('uncertainty');
  await viewer.page.keyboard.press('u');
});

const known = async () => (await state()).objects.map(({ objectId, name, prompts }) => ({ objectId, name, prompts }));

/** Starts the server that was killed again, where it was. */
async function startAgain() {
  await other.stop();
  server = await startServer({ data: server.folder, port: Number(new URL(server.base).port) });
  other = await joinSession(server.base, sessionId, 'the test');
}

test('a server that is killed in mid-stream and started again: the page goes on where it was, and nothing is lost', async () => {
  await boxed();
  const [before_, objects] = [await agree(), await known()];
  let ended;
  const killed = line.after(some, () => (ended = server.kill()));
  await viewer.page.keyboard.press('f');
  await killed;
  await ended;
  await lost();
  await startAgain();
  await back();
  await viewer.says(/^Done: \d+ slices/, 180_000);
  const after_ = await agree();
  assert.deepEqual(after_.slice(0, 2), before_.slice(0, 2));
  assert.ok(after_[2] > before_[2], `${before_[2]} voxels before, ${after_[2]} after`);
  assert.deepEqual(await known(), objects);
});

test('what is said while there is no server is said when it is back', async () => {
  const before_ = await agree();
  await server.kill();
  await lost();
  await viewer.button('New segment').click();
  await viewer.press('p', 'MedSam2Point');
  await viewer.click(20, 40);
  await startAgain();
  await back();
  await eventually(async () => assert.equal((await object(4))?.prompts[0].points.length, 1), 120_000);
  assert.deepEqual((await agree()).slice(0, 3), before_);
});

test('nothing went wrong but the line', () => assert.deepEqual(viewer.trouble.filter(each => !each.includes('/hubs/')), []));
