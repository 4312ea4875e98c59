// The hub as the JavaScript client sees it, in both protocols, against the real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';
import { startServer } from '../../clients/ohif/test/browser/support/server.mjs';
import { ball, decode, slices } from './volume.mjs';

let server;

before(async () => {
  server = await startServer();
  const form = new FormData();
  form.append('file', new Blob([ball()]), 'ball.nii.gz');
  form.append('params', '{}');
  const answer = await fetch(`${server.base}/datastore/?image=ball`, { method: 'PUT', body: form });
  assert.equal(answer.status, 200, await answer.text());
});

after(() => server?.stop());

async function connect(protocol) {
  let builder = new HubConnectionBuilder().withUrl(`${server.base}/hubs/segmentation`).configureLogging(LogLevel.None);
  if (protocol === 'messagepack')
    builder = builder.withHubProtocol(new MessagePackHubProtocol());
  const connection = builder.build();
  await connection.start();
  return connection;
}

function read(connection, request, { until = () => false } = {}) {
  const frames = [];
  return new Promise((done, fail) => {
    const subscription = connection.stream('Propagate', request).subscribe({
      next(frame) {
        frames.push(frame);
        if (until(frame)) {
          subscription.dispose();
          done(frames);
        }
      },
      complete: () => done(frames),
      error: fail,
    });
  });
}

for (const protocol of ['messagepack', 'json']) {
  test(`${protocol}: open, prompt, propagate, cancel, undo, refuse, close`, async () => {
    const connection = await connect(protocol);
    const watcher = await connect(protocol);
    try {
      const session = await connection.invoke('OpenSession', { image: 'ball', user: 'Ada' });
      assert.deepEqual([session.created, session.dimensions, session.affine.length], [true, [64, 60, slices], 16]);
      const { sessionId } = session;
      const seen = [];
      watcher.on('Frames', (_, frames) => seen.push(...frames));
      assert.equal((await watcher.invoke('OpenSession', { sessionId })).created, false);

      const answer = await connection.invoke('Prompt', { sessionId, objectId: 1, plane: 'k', index: 3, box: { min: [14, 16, 3], max: [34, 36, 3] } });
      const mask = decode(answer.frame);
      assert.ok(mask.at(24, 26) && mask.area === mask.box, 'the ball is found, and its runs fill the box');
      assert.equal(answer.object.name, 'Object 1');

      const first = await read(connection, { sessionId }, { until: frame => frame.sequence === 3 });
      assert.deepEqual(first.map(frame => frame.index), [4, 2]);
      const rest = await read(connection, { sessionId, resumeFrom: 3 });
      assert.deepEqual([...first, ...rest].map(frame => frame.sequence), Array.from({ length: slices - 1 }, (_, n) => n + 2));

      const undone = await connection.invoke('Undo', { sessionId });
      assert.equal(undone.history.canRedo, true);
      const state = await connection.invoke('Mask', { sessionId });
      assert.ok(state.frames.length < slices && state.sequence > slices);
      for (let tries = 0; seen.at(-1)?.sequence !== state.sequence && tries < 3000; tries++)
        await new Promise(wait => setTimeout(wait, 20));
      assert.equal(seen.at(-1).sequence, state.sequence, 'the other connection has been sent all that happened');

      await assert.rejects(connection.invoke('Prompt', { sessionId, objectId: 1, index: 99, points: [{ at: [1, 1, 99] }] }), /HubException: bad_prompt: /);
      await assert.rejects(connection.invoke('Mask', { sessionId: 'nobody' }), /HubException: not_found: /);
      await assert.rejects(read(connection, { sessionId, objectIds: [5] }), /HubException: bad_prompt: /);
      await connection.invoke('CloseSession', { sessionId, discard: true });
    } finally {
      await Promise.all([connection.stop(), watcher.stop()]);
    }
  });
}
