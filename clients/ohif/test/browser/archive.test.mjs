// The archive is another program: Orthanc. Images come from it and segmentations go into it, all through the server's own address.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { blockSeries } from './support/block.mjs';
import { search, store } from './support/dicom.mjs';
import { joinSession, rectangle } from './support/hub.mjs';
import { voxelsOf } from './support/masks.mjs';
import { startOrthanc } from './support/orthanc.mjs';
import { startServer } from './support/server.mjs';
import { eventually, launch, openViewer } from './support/viewer.mjs';

let orthanc, server, browser, viewer, series;

before(async () => {
  [orthanc, browser] = await Promise.all([startOrthanc(), launch()]);
  series = blockSeries();
  await store(orthanc.base, series.instances);
  server = await startServer({ arguments: ['--archive', orthanc.url] });
  viewer = await openViewer(browser, server.base, series.study);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await orthanc?.stop();
});

test('a click on an image of the archive, and the segmentation in the archive', async () => {
  await viewer.slice(series.instances[12].uid);
  await viewer.press('b', 'MedSam2Box');
  await viewer.stroke([28, 23], [52, 47]);
  await eventually(async () => assert.ok((await viewer.voxels())[0] > 0));
  await viewer.button('Save final').click();
  await viewer.says(/Saved as final/);
  const found = await search(orthanc.base, `studies/${series.study}/instances?Modality=SEG`);
  assert.equal(found.length, 1);
  await viewer.page.getByText(/MedSAM-2 (original|final)/).first().waitFor({ timeout: 60_000 });
});

test('segments that overlap come back from the archive with the same voxels', async () => {
  const session = async who => joinSession(server.base, await who.sessionId(series.series), 'the test');
  const first = await session(viewer);
  for (const index of [11, 12, 13])
    await first.call('Prompt', { objectId: 2, plane: 'k', index, mask: rectangle(35, 30, 60, 50), replace: true });
  await eventually(async () => assert.equal((await viewer.voxels())[1], 3 * 500));
  await viewer.button('Save final').click();
  await viewer.says(/Saved as final/);
  const saved = [...voxelsOf((await first.call('Mask', {})).frames).values()];
  await first.stop();
  assert.ok(saved[0].some(voxel => saved[1].includes(voxel)), 'they do not overlap');

  const second = await openViewer(browser, server.base, series.study);
  await second.panel.getByRole('list', { name: 'Saved segmentations' }).getByRole('button', { name: 'Open' }).click();
  await eventually(async () => assert.deepEqual((await second.voxels()).filter(n => n > 0), saved.map(voxels => voxels.length)));
  const reopened = await session(second);
  assert.deepEqual([...voxelsOf((await reopened.call('Mask', {})).frames).values()], saved);
  await reopened.stop();
  assert.deepEqual(second.trouble, []);
  await second.close();
});

test('nothing went wrong, and the browser asked nobody but the server', () => assert.deepEqual(viewer.trouble, []));
