// What is saved is what is seen; it is opened again; others see it, too.
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { blockSeries } from './support/block.mjs';
import { search, store } from './support/dicom.mjs';
import { joinSession, rectangle } from './support/hub.mjs';
import { startServer } from './support/server.mjs';
import { launch, openViewer } from './support/viewer.mjs';

let server, browser, viewer, series, voxels;
const k = 12;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
  series = blockSeries();
  await store(server.base, series.instances);
  viewer = await openViewer(browser, server.base, series.study);
  await viewer.slice(series.instances[k].uid);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const sessionId = () => viewer.page.evaluate(uid => sessionStorage.getItem(`medsam2.session.${uid}`), series.series);
const segmentations = async () => (await search(server.base, `studies/${series.study}/instances?Modality=SEG`)).map(each => each['00080018'].Value[0]);

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
  await viewer.says(/rates its mask|finds nothing/);
  const [first] = await viewer.voxels();
  await viewer.page.keyboard.press('w');
  await viewer.settle();
  await viewer.stroke([70, 60], [78, 60]);
  await viewer.settle(1500);
  const other = await joinSession(server.base, await sessionId(), 'the test');
  const { objects, frames } = await other.call('Mask', {});
  await other.stop();
  assert.ok(objects[0].prompts[0].hasMask);
  assert.ok(frames.find(frame => frame.index === k).pinned);
  [voxels] = await viewer.voxels();
  assert.ok(voxels > first, `${voxels} voxels after the stroke, ${first} before`);
  await viewer.picture('brush');
});

test('a second, overlapping segment, and both are saved with the voxels that are seen', async () => {
  const other = await joinSession(server.base, await sessionId(), 'the test');
  for (const index of [11, 12, 13])
    await other.call('Prompt', { objectId: 2, plane: 'k', index, mask: rectangle(30, 25, 50, 45), replace: true });
  await other.stop();
  await viewer.settle(1500);
  voxels = await viewer.voxels();
  assert.equal(voxels[1], 3 * 400);
  await viewer.button('Save draft').click();
  await viewer.says(/Saved as original/);
  const [found] = await search(server.base, `studies/${series.study}/instances?Modality=SEG`);
  assert.deepEqual(countStored(series.study, found), voxels);
  // The viewer's own list of series has it.
  await viewer.page.getByText('SEG', { exact: true }).first().waitFor({ timeout: 20_000 });
  await viewer.picture('saved');
});

test('after a reload the session goes on', async () => {
  await viewer.page.reload();
  await viewer.ready();
  await viewer.says(/Back in the session/);
  await viewer.settle(1500);
  assert.deepEqual(await viewer.voxels(), voxels);
});

test('in another browser the saved segmentation is opened: the same voxels; it is corrected and saved as final', async () => {
  const second = await openViewer(browser, server.base, series.study);
  await second.panel.getByRole('list', { name: 'Saved segmentations' }).getByRole('button', { name: 'Open' }).click();
  await second.says(/Done/);
  await second.settle(1500);
  assert.deepEqual(await second.voxels(), voxels);
  await second.slice(series.instances[k].uid);
  await second.page.keyboard.press('e');
  await second.settle();
  await second.stroke([72, 60], [76, 60]);
  await second.settle(1500);
  const [corrected] = await second.voxels();
  assert.ok(corrected < voxels[0]);
  await second.button('Save final').click();
  await second.says(/Saved as final/);
  const known = await segmentations();
  assert.equal(known.length, 2);
  const stored = (await search(server.base, `studies/${series.study}/instances?Modality=SEG`)).map(each => countStored(series.study, each)[0]).sort((a, b) => a - b);
  assert.deepEqual(stored, [corrected, voxels[0]].sort((a, b) => a - b));
  assert.deepEqual(second.trouble, []);
  await second.close();
});

test('two browsers in one session see what each other does', async () => {
  const second = await openViewer(browser, server.base, series.study, { query: `&medsam2session=${await sessionId()}` });
  await second.settle(1500);
  assert.deepEqual(await second.voxels(), await viewer.voxels());
  await viewer.panel.getByText(/Also here/).waitFor();
  await second.slice(series.instances[5].uid);
  await second.button('New segment').click();
  await second.page.keyboard.press('p');
  await second.click(40, 35);
  await second.says(/rates its mask|finds nothing/);
  await viewer.page.waitForFunction(() => services.segmentationService.getSegmentations().length === 3, null, { timeout: 20_000 });
  await viewer.settle(1500);
  assert.deepEqual(await viewer.voxels(), await second.voxels());
  await second.button('Undo').click();
  await second.says(/Done/);
  await viewer.settle(1500);
  assert.deepEqual((await viewer.voxels()).filter(n => n > 0), (await second.voxels()).filter(n => n > 0));
  await second.close();
});

test('leaving to the list of studies and entering again, without a reload', async () => {
  await viewer.page.evaluate(() => { window.stayed = true; });
  await viewer.page.locator('[data-cy="return-to-work-list"]').click();
  await viewer.page.getByText('TEST, OBLIQUE').first().waitFor({ timeout: 30_000 });
  await viewer.page.goBack();
  await viewer.ready();
  await viewer.settle(1500);
  assert.ok(await viewer.page.evaluate(() => window.stayed));
  assert.deepEqual((await viewer.voxels()).filter(n => n > 0), voxels);
});

test('nothing went wrong, and nothing was asked of other hosts', () => assert.deepEqual(viewer.trouble, []));
