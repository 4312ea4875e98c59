// Final labels are learnt from; the panel shows how the training goes, whoever started it.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { block, blockSeries } from './support/block.mjs';
import { store } from './support/dicom.mjs';
import { joinSession, rectangle } from './support/hub.mjs';
import { startServer } from './support/server.mjs';
import { launch, openViewer } from './support/viewer.mjs';

let server, browser, viewer, training;
const state = name => training.getByText(name, { exact: true }).waitFor({ timeout: 180_000 });

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
  const series = blockSeries();
  await store(server.base, series.instances);
  viewer = await openViewer(browser, server.base, series.study, { allow: [/^404 .*\/train\/$/] }); // which says that there was none yet
  const other = await joinSession(server.base, await viewer.sessionId(series.series), 'the test');
  for (let index = block.k0; index < block.k1; index++)
    await other.call('Prompt', { objectId: 1, plane: 'k', index, mask: rectangle(block.i0, block.j0, block.i1, block.j1), replace: true });
  await other.call('Commit', { objectIds: [1], labels: [{ objectId: 1, name: 'Block', code: null }], tag: 'final', encoding: 'binary' });
  await other.stop();
  training = viewer.panel.locator('details', { has: viewer.page.getByText('Training', { exact: true }) });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test('a training that the panel starts: its steps are seen, and it is stopped', async () => {
  await training.locator('summary').click();
  await training.getByRole('button', { name: /^Train / }).first().click();
  await state('running');
  await training.getByText(/Step \d+ of \d+, loss/).waitFor({ timeout: 180_000 });
  await training.scrollIntoViewIfNeeded();
  await viewer.picture('training');
  await training.getByRole('button', { name: 'Stop', exact: true }).click();
  await state('stopped');
});

test('a training that somebody else started is seen, to its end', async () => {
  const { trainers } = await (await fetch(`${server.base}/info/`)).json();
  const answer = await fetch(`${server.base}/train/${encodeURIComponent(Object.keys(trainers)[0])}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ steps: 2, promote: false }) });
  assert.equal(answer.status, 200);
  await training.locator('summary').click();
  await training.locator('summary').click();
  await state('done');
  const [value, most] = await training.getByRole('progressbar').evaluate(bar => [bar.value, bar.max]);
  assert.equal(value, most);
});

test('nothing went wrong', () => assert.deepEqual(viewer.trouble, []));
