// The line to the server is slow or cut, the server is killed: it shows, it comes back by itself, and nothing is lost.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { block } from './support/block.mjs';
import { openDesk } from './support/desk.mjs';
import { eventually } from './support/viewer.mjs';

let desk, viewer, line;

before(async () => {
  desk = await openDesk();
  ({ viewer, line } = desk);
});

after(() => desk?.stop());

/** Bytes of the hub's frames that come before the line is cut: a few slices, each of a hundred (where the mask is a plain block) or more. */
const some = 500;

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
  await eventually(async () => assert.equal((await desk.object(1))?.prompts.length, 1));
  await viewer.page.keyboard.press('f');
  line.release();
  await viewer.says(/^Done: \d+ slices/, 180_000);
  await desk.agree();
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
  const [, all] = await desk.agree();
  assert.ok(all > early, `${early} voxels when the line was cut, ${all} at the end`);
});

test('where the orientations disagree', async () => {
  await viewer.page.keyboard.press('u');
  await viewer.page.waitForFunction(() => [...document.querySelectorAll('.medsam2-overlay canvas')].some(each => each.width === 96 && each.style.display === 'block'), null, { timeout: 60_000 });
  await viewer.picture('uncertainty');
  await viewer.page.keyboard.press('u');
});

const known = async () => (await desk.state()).objects.map(({ objectId, name, prompts }) => ({ objectId, name, prompts }));

test('a server that is killed in mid-stream and started again: the page goes on where it was, and nothing is lost', async () => {
  await boxed();
  const [before_, objects] = [await desk.agree(), await known()];
  let ended;
  const killed = line.after(some, () => (ended = desk.server().kill()));
  await viewer.page.keyboard.press('f');
  await killed;
  await ended;
  await lost();
  await desk.restart();
  await back();
  await viewer.says(/^Done: \d+ slices/, 180_000);
  const after_ = await desk.agree();
  assert.deepEqual(after_.slice(0, 2), before_.slice(0, 2));
  assert.ok(after_[2] > before_[2], `${before_[2]} voxels before, ${after_[2]} after`);
  assert.deepEqual(await known(), objects);
});

test('what is said while there is no server is said when it is back', async () => {
  const before_ = await desk.agree();
  await desk.server().kill();
  await lost();
  await viewer.button('New segment').click();
  await viewer.press('p', 'MedSam2Point');
  await viewer.click(20, 40);
  await desk.restart();
  await back();
  await eventually(async () => assert.equal((await desk.object(4))?.prompts[0].points.length, 1), 120_000);
  assert.deepEqual((await desk.agree()).slice(0, 3), before_);
});

// What the viewer itself was fetching just then fails with the line, too.
const ofTheLine = trouble => trouble.includes('/hubs/') || /NetworkError.*\bfailed to load/.test(trouble);

test('nothing went wrong but the line', () => assert.deepEqual(viewer.trouble.filter(each => !ofTheLine(each)), []));
