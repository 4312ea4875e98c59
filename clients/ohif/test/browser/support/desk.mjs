// One person's desk: a server behind a line that can be cut, the viewer on slice k of a block's series, and a second client that sees the session.
import { strict as assert } from 'node:assert';
import { blockSeries } from './block.mjs';
import { store } from './dicom.mjs';
import { joinSession } from './hub.mjs';
import { startLine } from './line.mjs';
import { countVoxels } from './masks.mjs';
import { startServer } from './server.mjs';
import { eventually, launch, openViewer } from './viewer.mjs';

export const k = 12;

/** Everything started, and `stop` for all of it. */
export async function openDesk() {
  const started = []; // what stops each, in the order of starting
  try {
    return await setUp(started);
  } catch (error) {
    await stopAll(started); // or the test file would never end
    throw error;
  }
}

async function stopAll(started) {
  let failure;
  for (const stop of started.splice(0).reverse()) {
    try {
      await stop();
    } catch (error) {
      failure ??= error; // the others are stopped all the same
    }
  }
  if (failure)
    throw failure;
}

async function setUp(started) {
  let server = await startServer();
  started.push(() => server.stop());
  const browser = await launch();
  started.push(() => browser.close());
  const line = await startLine(server.base);
  started.push(() => line.stop());
  const series = blockSeries();
  await store(server.base, series.instances);
  const viewer = await openViewer(browser, line.base, series.study);
  await viewer.slice(series.instances[k].uid);
  const sessionId = await viewer.sessionId(series.series);
  let other = await joinSession(server.base, sessionId, 'the test');
  started.push(() => other.stop());
  const state = () => other.call('Mask', {});

  return {
    line,
    series,
    viewer,
    state,
    server: () => server,
    other: () => other,
    object: async id => (await state()).objects.find(each => each.objectId === id),

    /** What the viewer shows is what the session has. */
    agree: () => eventually(async () => {
      const counts = [...countVoxels((await state()).frames).entries()].filter(([, n]) => n > 0).sort(([a], [b]) => a - b).map(([, n]) => n);
      assert.deepEqual((await viewer.voxels()).filter(n => n > 0), counts);
      return counts;
    }),

    /** Starts the server that was killed again, where it was. */
    async restart() {
      await other.stop();
      server = await startServer({ data: server.folder, port: Number(new URL(server.base).port) });
      other = await joinSession(server.base, sessionId, 'the test');
    },

    stop: () => stopAll(started),
  };
}
