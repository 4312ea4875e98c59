// What is saved is what is seen; it is opened again; others see it, too.
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { blockSeries } from './support/block.mjs';
import { search, store } from './support/dicom.mjs';
import { joinSession, rectangle } from './support/hub.mjs';
import { voxelsOf } from './support/masks.mjs';
import { startServer } from './support/server.mjs';
import { eventually, launch, openViewer } from './support/viewer.mjs';

let server, browser, viewer, series, voxels, saved;
const k = 12;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
  series = blockSeries();
  await store(server.base, series.instances);
  await store(server.base, blockSeries({ slices: 8 }).instances); // one that is the next to label
  viewer = await openViewer(browser, server.base, series.study);
  await viewer.slice(series.instances[k].uid);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const sessionId = () => viewer.sessionId(series.series);
const shown = who => who.voxels().then(counts => counts.filter(n => n > 0));
/** Waits until a viewer shows so many voxels of each segment. */
const shows = (who, expected) => eventually(async () => assert.deepEqual(await shown(who), expected));

/** The voxels of each object of a viewer's session, as the hub has them. */
async function inSession(who) {
  const other = await joinSession(server.base, await who.sessionId(series.series), 'the test');
  const { frames } = await other.call('Mask', {});
  await other.stop();
  return [...voxelsOf(frames)].sort(([a], [b]) => a - b).map(([, each]) => each);
}

/** Voxels of each segment of a stored SEG, as pydicom reads them. */
function countStored(study, found) {
  const address = `${server.base}/dicom-web/studies/${study}/series/${found['0020000E'].Value[0]}/instances/${found['00080018'].Value[0]}`;
  const script = `
import io, sys, urllib.request, email
request = urllib.request.Request(sys.argv[1], headers={'Accept': 'multipart/related; type="application/dicom"; transfer-syntax=*'})
answer = urllib.request.urlopen(request)
message = email.message_from_bytes(b'Content-Type: ' + answer.headers['Content-Type'].encode() + b'\\r\\n\\r\\n' + answer.read())
import pydicom
from pydicom.pixel_data_handlers.numpy_handler import unpack_bits
data = pydicom.dcmread(io.BytesIO(message.get_payload()[0].get_payload(decode=True)))
bits = unpack_bits(data.PixelData)[: data.NumberOfFrames * data.Rows * data.Columns].reshape(data.NumberOfFrames, -1)
sums = {}
for frame, pixels in zip(data.PerFrameFunctionalGroupsSequence, bits):
    number = frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber
    sums[number] = sums.get(number, 0) + int(pixels.sum())
print([sums[n] for n in sorted(sums)])
`;
  return JSON.parse(execFileSync('/usr/bin/python3', ['-c', script, address], { encoding: 'utf8' }));
}

test('a brush stroke goes to the session and stays as it is', async () => {
  await viewer.click(40, 35);
  const [first] = await eventually(async () => {
    const counts = await shown(viewer);
    assert.equal(counts.length, 1);
    return counts;
  });
  await viewer.press('w', 'CircularBrush');
  await viewer.stroke([70, 60], [78, 60]);
  const other = await joinSession(server.base, await sessionId(), 'the test');
  await eventually(async () => {
    const { objects, frames } = await other.call('Mask', {});
    assert.ok(objects[0].prompts[0].hasMask, 'the stroke did not come');
    assert.ok(frames.find(frame => frame.index === k).pinned);
  });
  await other.stop();
  voxels = await shown(viewer);
  assert.ok(voxels[0] > first, `${voxels} voxels after the stroke, ${first} before`);
  await viewer.picture('brush');
});

test('a second, overlapping segment, and both are saved with the voxels that are seen', async () => {
  const other = await joinSession(server.base, await sessionId(), 'the test');
  for (const index of [11, 12, 13])
    await other.call('Prompt', { objectId: 2, plane: 'k', index, mask: rectangle(30, 25, 50, 45), replace: true });
  await other.stop();
  voxels = [voxels[0], 3 * 400];
  await shows(viewer, voxels);
  await viewer.button('Save draft').click();
  await viewer.says(/Saved as original/);
  const [found] = await search(server.base, `studies/${series.study}/instances?Modality=SEG`);
  assert.deepEqual(countStored(series.study, found), voxels);
  saved = await inSession(viewer);
  assert.ok(saved[0].some(voxel => saved[1].includes(voxel)), 'they do not overlap');
  // The viewer's own list of series has it.
  await viewer.page.getByText(/MedSAM-2 (original|final)/).first().waitFor({ timeout: 60_000 });
  await viewer.picture('saved');
});

test('after a reload the session goes on', async () => {
  await viewer.page.reload();
  await viewer.ready();
  await viewer.says(/Back in the session/);
  await shows(viewer, voxels);
});

test('in another browser the saved segmentation is opened: the same voxels; it is corrected and saved as final', async () => {
  const second = await openViewer(browser, server.base, series.study);
  await second.panel.getByRole('list', { name: 'Saved segmentations' }).getByRole('button', { name: 'Open' }).click();
  await shows(second, voxels);
  assert.deepEqual(await inSession(second), saved);
  await second.slice(series.instances[k].uid);
  await second.press('e', 'CircularEraser');
  await second.stroke([72, 60], [76, 60]);
  const corrected = await eventually(async () => {
    const counts = await shown(second);
    assert.ok(counts[0] < voxels[0]);
    return counts;
  });
  const other = await joinSession(server.base, await second.sessionId(series.series), 'the test');
  await eventually(async () => assert.ok((await other.call('Mask', {})).objects[0].prompts.some(prompt => prompt.index === k && prompt.hasMask)));
  await other.stop();
  await second.button('Save final').click();
  await second.says(/Saved as final/);
  const stored = (await search(server.base, `studies/${series.study}/instances?Modality=SEG`)).map(each => countStored(series.study, each));
  assert.deepEqual(stored.sort((x, y) => x[0] - y[0]), [corrected, voxels]);
  assert.deepEqual(second.trouble, []);
  await second.close();
});

test('two browsers in one session see what each other does', async () => {
  const second = await openViewer(browser, server.base, series.study, { query: `&medsam2session=${await sessionId()}` });
  await shows(second, voxels);
  await viewer.panel.getByText(/Also here/).waitFor({ timeout: 60_000 });
  await second.slice(series.instances[5].uid);
  await second.button('New segment').click();
  await second.press('b', 'MedSam2Box');
  await second.stroke([20, 20], [70, 60]);
  const three = await eventually(async () => {
    const counts = await shown(second);
    assert.equal(counts.length, 3);
    return counts;
  });
  await shows(viewer, three);
  await second.button('Undo').click();
  await shows(second, voxels);
  await shows(viewer, voxels);
  assert.deepEqual(second.trouble, []);
  await second.close();
});

test('leaving to the list of studies and entering again, without a reload', async () => {
  await viewer.page.evaluate(() => { window.stayed = true; });
  await viewer.page.locator('[data-cy="return-to-work-list"]').click();
  await viewer.page.getByText('TEST, OBLIQUE').first().waitFor({ timeout: 60_000 });
  await viewer.page.goBack();
  await viewer.ready();
  assert.ok(await viewer.page.evaluate(() => window.stayed));
  await shows(viewer, voxels);
});

test('submitted as final, and on to the next study', async () => {
  const stored = async () => (await search(server.base, `studies/${series.study}/instances?Modality=SEG`)).map(each => each['00080018'].Value[0]);
  const earlier = await stored();
  await viewer.panel.getByText('Next study').first().click();
  await viewer.button('Submit and next').click();
  await viewer.page.waitForURL(address => !address.href.includes(series.study), { timeout: 90_000 });
  await viewer.ready();
  assert.ok((await stored()).some(uid => !earlier.includes(uid)), 'no segmentation was stored'); // in place of the final one before
});

test('nothing went wrong, and nothing was asked of other hosts', () => assert.deepEqual(viewer.trouble, []));
