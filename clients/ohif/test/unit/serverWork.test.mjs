// The watching of jobs: over a real HTTP server that answers as ours does, and a hub that is played.
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { load } from '../load.mjs';

const { ServerWork, Store, HubRefusal } = await load('serverWork.ts', 'session/store.ts', 'hub/errors.ts');

let server, base, answer, jobId;
const asked = [];

before(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const body = request.url === '/info/' ? { strategies: {}, trainers: { sam: {} } } : { id: jobId };
    const end = () => response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    if (request.url.startsWith('/train/') && answer)
      void answer.then(end);
    else
      end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${server.address().port}`;
});

after(() => {
  server.close();
  server.closeAllConnections();
});

const update = state => ({ jobId, kind: 'train', state, done: 1, total: 4, metrics: {}, message: '' });

/** @param streams what each connection's stream does, in turn */
async function begun(...streams) {
  const links = [], told = [];
  jobId = 'j1';
  const work = new ServerWork(`${base}/hubs/segmentation`, new Store({ strategy: '' }), message => told.push(message), () => {
    const link = {
      isOpen: false,
      async connect() { this.isOpen = true; },
      stream: (method, request, next, signal) => streams.shift()(next, signal),
      async close() { this.isOpen = false; },
    };
    links.push(link);
    return link;
  });
  await work.look();
  return { work, links, told };
}

const untilLeft = state => (next, signal) => new Promise(done => {
  next(update(state));
  signal.addEventListener('abort', done);
});

const watched = async work => {
  while (!work.state.get().job)
    await new Promise(done => setTimeout(done, 5));
};

test('a watching that failed is begun again, and told', async () => {
  const { work, links, told } = await begun(
    async next => { next(update('running')); throw new HubRefusal('unavailable', 'The database does not answer.'); },
    async next => next(update('done')));
  await work.watchTraining();
  assert.equal(work.state.get().job.state, 'running');
  assert.match(told[0].text, /The database does not answer/);
  await work.watchTraining();
  assert.equal(work.state.get().job.state, 'done');
  assert.deepEqual(links.map(link => link.isOpen), [false, false]);
});

test('a job that is watched, or whose end was seen, is not watched twice', { timeout: 60_000 }, async () => {
  const { work, links } = await begun(untilLeft('running'), async next => next(update('done')));
  const watching = work.watchTraining();
  await watched(work);
  await work.watchTraining();
  assert.equal(links.length, 1);
  work.leave();
  await watching;
  assert.equal(links[0].isOpen, false);
  await work.look();
  await work.watchTraining();
  await work.watchTraining();
  assert.deepEqual([links.length, work.state.get().job.state], [2, 'done']);
});

test('what is answered after the mode was left is not watched; back in the mode it is', { timeout: 60_000 }, async () => {
  for (const begin of [work => work.watchTraining(), work => work.train('sam')]) {
    const { work, links, told } = await begun(async next => next(update('done')));
    let go;
    answer = new Promise(done => (go = done));
    asked.length = 0;
    const begins = begin(work);
    while (asked.length === 0)
      await new Promise(done => setTimeout(done, 5));
    work.leave();
    go();
    answer = null;
    await begins;
    assert.deepEqual([links.length, work.state.get().job, told.length], [0, null, 0]);
    await work.look();
    await work.watchTraining();
    assert.deepEqual([links.length, work.state.get().job.state], [1, 'done']);
  }
});

test('another job takes the place of the one that is watched, whose connection is closed', { timeout: 60_000 }, async () => {
  const { work, links } = await begun(untilLeft('running'), async next => next(update('done')));
  const first = work.train('sam');
  await watched(work);
  jobId = 'j2';
  await work.watchTraining();
  await first;
  assert.deepEqual(links.map(link => link.isOpen), [false, false]);
  assert.deepEqual([work.state.get().job.jobId, work.state.get().job.state], ['j2', 'done']);
});
