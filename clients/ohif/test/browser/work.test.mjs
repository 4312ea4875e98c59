// A person's work on a series: prompts, corrections, the volume, the way back.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { block } from './support/block.mjs';
import { k, openDesk } from './support/desk.mjs';
import { rectangle } from './support/hub.mjs';
import { countVoxels } from './support/masks.mjs';
import { eventually } from './support/viewer.mjs';

let desk, viewer, line;

before(async () => {
  desk = await openDesk();
  ({ viewer, line } = desk);
});

after(() => desk?.stop());

/** Does it, and waits until the session has something new. */
async function said(act) {
  const { sequence } = await desk.state();
  await act();
  await eventually(async () => assert.ok((await desk.state()).sequence > sequence, 'nothing new in the session'));
}

test('a box', async () => {
  await viewer.press('b', 'MedSam2Box');
  await said(() => viewer.stroke([block.i0 - 2, block.j0 - 2], [block.i1 + 1, block.j1 + 1]));
  const { box } = (await desk.object(1)).prompts[0];
  [[box.min, [block.i0 - 2, block.j0 - 2, k]], [box.max, [block.i1 + 1, block.j1 + 1, k]]].forEach(([got, expected]) => got.forEach((x, n) => assert.ok(Math.abs(x - expected[n]) < 0.6, `${got} is not ${expected}`)));
  await desk.agree();
});

test('what is not the object: a point with Alt, and by the panel\'s button', async () => {
  await viewer.press('p', 'MedSam2Point');
  await said(() => viewer.click(60, 30, { alt: true }));
  await viewer.button('− Exclude').click();
  await said(() => viewer.click(20, 50));
  await viewer.button('+ Include').click();
  assert.deepEqual((await desk.object(1)).prompts[0].points.map(point => point.include), [false, false]);
  await desk.agree();
});

test('scribble and lasso, each on a segment of its own; segments may overlap', async () => {
  await viewer.button('New segment').click();
  await viewer.press('s', 'MedSam2Scribble');
  await said(() => viewer.stroke([33, 30], [45, 40]));
  await viewer.panel.getByRole('combobox', { name: 'New segment of a known structure' }).selectOption('Liver');
  await viewer.press('o', 'MedSam2Lasso');
  await said(() => viewer.stroke([28, 23], [52, 23], [52, 47], [28, 47]));
  await eventually(async () => {
    const [second, third] = [await desk.object(2), await desk.object(3)];
    assert.ok(second.prompts[0].points.length >= 1 && third.prompts[0].box);
    assert.deepEqual([third.name, third.code?.value], ['Liver', '10200004']);
  });
  for (const objectId of [2, 3])
    await desk.other().call('Prompt', { objectId, plane: 'k', index: k, mask: rectangle(10, 10, 20, 20), replace: true });
  const counts = await desk.agree();
  assert.deepEqual(counts.slice(-2), [100, 100]);
});

test('undo and redo', async () => {
  const before_ = await desk.agree();
  await viewer.panel.getByRole('button', { name: 'Work on Object 2' }).click();
  await viewer.press('b', 'MedSam2Box');
  await said(() => viewer.stroke([60, 30], [75, 50]));
  const after_ = await desk.agree();
  assert.notDeepEqual(after_, before_);
  await said(() => viewer.button('Undo').click());
  assert.deepEqual(await desk.agree(), before_);
  await said(() => viewer.page.keyboard.press('Control+y'));
  assert.deepEqual(await desk.agree(), after_);
});

test('hot keys hold while a check box, a list or a slider of the panel has the focus; their own keys stay theirs', async () => {
  const { page, panel } = viewer;
  await panel.getByLabel('All segments').focus();
  await viewer.press('s', 'MedSam2Scribble');
  await page.keyboard.press('Space');
  assert.ok(await panel.getByLabel('All segments').isChecked());
  await page.keyboard.press('Space');
  const slice = () => page.evaluate(() => cornerstone.getEnabledElements()[0].viewport.getCurrentImageIdIndex());
  const [direction, at] = [panel.getByLabel('Direction'), await slice()];
  await direction.focus();
  await viewer.press('b', 'MedSam2Box'); // the list has an entry of this letter
  assert.equal(await direction.inputValue(), 'both');
  await page.keyboard.press('ArrowDown');
  assert.equal(await direction.inputValue(), 'up');
  await page.keyboard.press('ArrowUp');
  assert.equal(await direction.inputValue(), 'both');
  const size = panel.getByLabel('Size');
  await size.focus();
  const before_ = Number(await size.inputValue());
  await page.keyboard.press('ArrowRight');
  assert.equal(Number(await size.inputValue()), before_ + 1);
  await viewer.press('p', 'MedSam2Point');
  assert.equal(await slice(), at, 'the image was scrolled');
  // A field that takes text keeps its letters.
  const slices = panel.getByLabel('Slices');
  await slices.focus();
  await page.keyboard.press('b');
  await page.keyboard.press('Enter'); // done with it
  await viewer.tool('MedSam2Point');
  await viewer.press('b', 'MedSam2Box');
});

test('a click that can be read in several ways: the readings are flipped through, there and back', async () => {
  await viewer.button('New segment').click();
  await viewer.press('p', 'MedSam2Point');
  await said(() => viewer.click(70, 60));
  const readings = viewer.panel.getByRole('group', { name: 'Readings of the click' });
  const [, count] = /^Reading 1 of (\d+)$/.exec(await readings.locator('span').textContent());
  assert.ok(count > 1);
  const objectId = (await desk.state()).objects.at(-1).objectId;
  const shown = async () => {
    await desk.agree();
    return (await desk.state()).frames.find(frame => frame.objectId === objectId && frame.index === k);
  };
  const seen = [await shown()];
  for (let n = 1; n <= count; n++) {
    await said(() => viewer.page.keyboard.press('q'));
    await viewer.says(new RegExp(`^Reading ${(n % count) + 1} of ${count}`));
    seen.push(await shown());
  }
  const voxels = seen.map(frame => countVoxels([frame]).get(objectId));
  assert.ok(new Set(voxels).size > 1, `all readings are alike: ${voxels}`);
  assert.deepEqual(seen.at(-1).runs, seen[0].runs, 'the round does not end where it began');
  await viewer.picture('readings');
  await readings.getByRole('button', { name: 'Previous reading' }).click();
  await viewer.says(new RegExp(`^Reading ${count} of ${count}`));
  assert.equal(countVoxels([await shown()]).get(objectId), voxels.at(-2));
});

test('names bring their code, colours are what is drawn; others in the session get both', async () => {
  const { panel, page } = viewer;
  await panel.getByRole('button', { name: 'Work on Object 1' }).click();
  await panel.getByLabel('Name of the segment').fill('spleen');
  await page.keyboard.press('Enter');
  await eventually(async () => assert.deepEqual([(await desk.object(1)).name, (await desk.object(1)).code?.value], ['Spleen', '78961009']));
  await panel.getByLabel('Colour of Spleen').fill('#00c8ff');
  await eventually(async () => assert.equal((await desk.object(1)).colour, '#00c8ff'));
  await eventually(async () => assert.deepEqual(await page.evaluate(() => {
    const [{ segmentationId }] = services.segmentationService.getSegmentations();
    return services.segmentationService.getSegmentColor(cornerstone.getEnabledElements()[0].viewport.id, segmentationId, 1).slice(0, 3);
  }), [0, 200, 255]));
});

test('prompts wait where the mode is not live', async () => {
  await viewer.panel.getByLabel('Live', { exact: true }).click();
  await viewer.press('p', 'MedSam2Point');
  const { sequence } = await desk.state();
  await viewer.click(40, 35);
  await viewer.says(/Waiting for Run/);
  assert.equal((await desk.state()).sequence, sequence);
  await said(() => viewer.page.keyboard.press('Enter'));
  await viewer.panel.getByLabel('Live', { exact: true }).click();
  await desk.agree();
});

test('through the volume, some slices one way; and stopped on the way', async () => {
  await viewer.panel.getByLabel('Direction').selectOption('up');
  await viewer.panel.getByLabel('Slices').fill('3');
  await viewer.button('Follow through the volume').click();
  await viewer.says(/^Done: \d+ slices/);
  const slices = (await desk.state()).frames.filter(frame => frame.objectId === 1).map(frame => frame.index);
  assert.ok(Math.max(...slices) <= k + 3 && Math.min(...slices) >= k, `${slices}`);
  await desk.agree();

  await viewer.panel.getByLabel('Direction').selectOption('down');
  await viewer.panel.getByLabel('Slices').fill('2');
  await viewer.button('Follow through the volume').click();
  await eventually(async () => assert.equal(Math.min(...(await desk.state()).frames.filter(frame => frame.objectId === 1).map(frame => frame.index)), k - 2));
  await desk.agree();

  await viewer.panel.getByLabel('Direction').selectOption('both');
  await viewer.panel.getByLabel('Slices').fill('');
  await viewer.page.keyboard.press('Enter'); // done with the field
  await viewer.panel.getByLabel('Axes').selectOption('six');
  const begun = line.after(1000, () => line.hold());
  await viewer.page.keyboard.press('f');
  await begun;
  await viewer.page.keyboard.press('Escape');
  line.release();
  await viewer.says(/^Stopped after \d+ slices/);
  await desk.agree();
});

test('a closer look at what is boxed, which the panel turns on', async () => {
  const objects = async () => (await desk.state()).objects.map(object => object.objectId);
  const before_ = await objects();
  await viewer.button('New segment').click();
  await viewer.panel.getByLabel('Closer look').click();
  await viewer.press('b', 'MedSam2Box');
  await said(() => viewer.stroke([36, 30], [44, 36]));
  await viewer.panel.getByLabel('Closer look').click();
  const objectId = (await objects()).find(each => !before_.includes(each));
  const { box } = (await desk.object(objectId)).prompts[0];
  const mask = async id => (await desk.state()).frames.find(frame => frame.objectId === id && frame.index === k);
  for (const [id, closerLook] of [[901, true], [902, false]])
    await desk.other().call('Prompt', { objectId: id, plane: 'k', index: k, box, closerLook });
  assert.deepEqual((await mask(objectId)).runs, (await mask(901)).runs);
  assert.notDeepEqual((await mask(901)).runs, (await mask(902)).runs);
  await desk.agree();
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
