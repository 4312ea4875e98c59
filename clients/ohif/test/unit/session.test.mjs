// The session against a hub that is played here, since what is tested is what happens when it is away, slow or forgetful.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { load } from '../load.mjs';
import { frame, history, info, object, pixel, Played } from './played.mjs';

const { Session, wasSaid, ConnectionLost, HubRefusal, toRefusal, advise } = await load('session/session.ts', 'session/said.ts', 'hub/errors.ts');

async function opened() {
  const hub = new Played();
  const session = new Session(hub, 'anna');
  await session.open('1.2', null);
  assert.equal(session.state.phase, 'ready');
  return { hub, session };
}

const point = (index, objectId = 1) => ({ objectId, plane: 'k', index, points: [{ at: [1, 1, index], include: true }] });

test('an image that could not be opened says why, and is opened at another try', async () => {
  const hub = new Played();
  const { OpenSession } = hub.answers;
  hub.answers.OpenSession = () => { throw new HubRefusal('unavailable', 'The archive does not answer.'); };
  const session = new Session(hub);
  await session.open('1.2', null);
  assert.equal(session.state.phase, 'failed');
  assert.match(session.state.message.text, /The archive does not answer/);
  hub.answers.OpenSession = OpenSession;
  await session.open('1.2', null);
  assert.equal(session.state.phase, 'ready');
});

test('a prompt makes the object known and its mask shown', async () => {
  const { session } = await opened();
  const shown = [];
  session.display = { changed: (id, slices) => shown.push([id, slices]), removed() {}, restyled() {} };
  assert.ok(await session.prompt(point(3)));
  assert.deepEqual(shown, [[1, [3]]]);
  assert.ok(session.masks.get(1).has(3, 0, 3));
  assert.ok(session.active.known && session.state.history.canUndo);
});

test('a name that was given before the first prompt is sent with it', async () => {
  const { hub, session } = await opened();
  hub.answers.RenameObject = request => ({ frames: [], objects: [object(request.objectId, { name: request.name, code: request.code })], removed: [], history });
  const code = { scheme: 'SCT', value: '10200004', meaning: 'Liver' };
  const { objectId } = session.newSegment('Liver', code);
  await session.prompt(point(2, objectId));
  assert.deepEqual(hub.calls.at(-1)[1], { sessionId: 's1', objectId, name: 'Liver', code, colour: session.active.colour });
});

test('an object is no longer untouched once something is said of it, answered or not; a name given meanwhile is told', async () => {
  const { hub, session } = await opened();
  const { Prompt } = hub.answers;
  let answer;
  hub.answers.Prompt = request => new Promise(done => { answer = () => done(Prompt(request)); });
  hub.answers.RenameObject = request => ({ frames: [], objects: [object(request.objectId, { name: request.name })], removed: [], history });
  const { objectId } = session.newSegment();
  assert.ok(session.isUntouched(objectId));
  const asked = session.prompt(point(2, objectId));
  assert.ok(!session.isUntouched(objectId));
  await new Promise(done => setTimeout(done, 5));
  await session.restyle(objectId, { name: 'Spleen' });
  answer();
  assert.ok(await asked);
  assert.ok(!session.isUntouched(objectId));
  assert.deepEqual([hub.calls.at(-1)[0], hub.calls.at(-1)[1].name, session.active.name], ['RenameObject', 'Spleen', 'Spleen']);

  hub.answers.Prompt = () => { throw new HubRefusal('bad_prompt', 'The point lies outside the image.'); };
  const next = session.newSegment().objectId;
  assert.ok(!(await session.prompt(point(2, next))));
  assert.ok(session.isUntouched(next));
  session.keep(point(2));
  session.keep(point(2, next));
  assert.ok(!session.isUntouched(next));
  const run = session.runPending();
  assert.ok(!session.isUntouched(next));
  assert.equal(await run, false);
  assert.ok(session.isUntouched(next));
});

test('prompts go one after the other, a failure ends only its own', async () => {
  const { hub, session } = await opened();
  let running = 0, most = 0;
  hub.answers.Prompt = async request => {
    most = Math.max(most, ++running);
    await new Promise(done => setTimeout(done, 5));
    running--;
    if (request.index === 2)
      throw new HubRefusal('bad_prompt', 'The point lies outside the image.');
    return { frame: frame(request.index, request.index), alternatives: [], object: object(1), history };
  };
  const ended = await Promise.all([1, 2, 3].map(k => session.prompt(point(k))));
  assert.deepEqual(ended, [true, false, true]);
  assert.equal(most, 1);
});

test('alternatives are flipped through: each is sent as the slice\'s mask', async () => {
  const { hub, session } = await opened();
  hub.answers.Prompt = request => ({ frame: frame(1, request.index, request.mask ?? {}), alternatives: request.mask ? [] : [{ ...pixel(1, 1), iou: 0.8 }, { ...pixel(2, 2), iou: 0.5 }], object: object(1), history });
  await session.prompt(point(4));
  assert.equal(session.state.readings.masks.length, 3);
  for (const [chosen, mask] of [[1, pixel(1, 1)], [2, pixel(2, 2)], [0, pixel(4, 0)]]) {
    await session.choose(1);
    const [, said] = hub.calls.at(-1);
    assert.deepEqual([said.mask, said.replace, session.state.readings.chosen], [mask, true, chosen]);
  }
  hub.answers.Prompt = () => { throw new HubRefusal('forbidden', 'The object is locked.'); };
  await session.choose(-1);
  assert.equal(session.state.readings.chosen, 0);
});

test('a propagation that loses its connection goes on after the last frame, and nothing is lost', async () => {
  const { hub, session } = await opened();
  await session.prompt(point(0));
  hub.answers.Mask = () => ({ sequence: 5, objects: [object(1)], frames: [frame(1, 0), frame(4, 1), frame(5, 2)], history });
  hub.streams = [
    async next => {
      next(frame(4, 1));
      hub.onState('lost');
      setTimeout(() => hub.onState('connected'), 20);
      throw new ConnectionLost('away');
    },
    async next => next(frame(6, 3)),
  ];
  assert.ok(await session.propagate(() => ({ objectIds: [1], plane: 'k', direction: 'both', count: null, orientations: null, view: 0 })));
  const asked = hub.calls.filter(([method]) => method === 'Propagate').map(([, request]) => request.resumeFrom);
  assert.deepEqual(asked, [null, 5]);
  assert.deepEqual([0, 1, 2, 3].map(k => session.masks.get(1).has(k, 0, k)), [true, true, true, true]);
});

test('a prompt whose answer never came is said again only where the server did not hear it', async () => {
  for (const heard of [false, true]) {
    const { hub, session } = await opened();
    let calls = 0;
    hub.answers.Prompt = request => {
      if (++calls === 1)
        hub.lose(ConnectionLost);
      return { frame: frame(2, request.index), alternatives: [], object: object(1), history };
    };
    const prompts = [{ plane: 'k', index: 2, points: [{ at: [1, 1, 2], include: true }], box: null, hasMask: false }];
    hub.answers.Mask = () => ({ sequence: 1, objects: heard ? [object(1, { prompts })] : [], frames: heard ? [frame(1, 2)] : [], history });
    assert.ok(await session.prompt(point(2)));
    assert.equal(calls, heard ? 1 : 2);
    assert.ok(session.masks.get(1).has(2, 0, 2));
  }
});

test('what is carried is asked when its turn comes: a key that is pressed before the prompt is answered is not too early', async () => {
  const { hub, session } = await opened();
  let answer;
  const answered = new Promise(done => (answer = done));
  hub.answers.Prompt = async request => {
    await answered;
    return { frame: frame(1, request.index), alternatives: [], object: object(1, { prompts: [{ plane: 'k', index: 2, points: [], box: null, hasMask: false }] }), history };
  };
  hub.streams = [async next => next(frame(2, 3))];
  const said = session.prompt(point(2));
  let known;
  const carried = session.propagate(() => { known = session.active.prompts.length; return { objectIds: [1], plane: 'k', direction: 'both', count: null, orientations: null, view: 2 }; });
  assert.equal(known, undefined);
  answer();
  assert.deepEqual(await Promise.all([said, carried]), [true, true]);
  assert.equal(known, 1);
  assert.match(session.state.message.text, /^Done: 1 slices/);
});

test('one that was cancelled before its turn is not carried; what speaks against it is told', async () => {
  const { hub, session } = await opened();
  const carried = session.propagate(() => assert.fail('asked'));
  session.cancel();
  await carried;
  assert.ok(!hub.calls.some(([method]) => method === 'Propagate'));
  assert.equal(await session.propagate(() => { throw new Error('Click on the object first.'); }), false);
  assert.deepEqual(session.state.message, { tone: 'error', text: 'Click on the object first.' });
});

test('a change whose answer never came is made again only where the server did not make it; saving is done again', async () => {
  for (const made of [false, true]) {
    const { hub, session } = await opened();
    await session.prompt(point(2));
    const calls = { Undo: 0, Commit: 0 };
    const breaks = method => request => {
      if (++calls[method] === 1)
        hub.lose(ConnectionLost);
      return method === 'Undo' ? { frames: [], objects: [], removed: [], history: { ...history, canUndo: false } } : { labelId: 'l', tag: request.tag, sopInstanceUid: '', seriesInstanceUid: '', waiting: null, objects: [1] };
    };
    hub.answers.Undo = breaks('Undo');
    hub.answers.Commit = breaks('Commit');
    hub.answers.Mask = () => ({ sequence: made ? 2 : 1, objects: [object(1)], frames: [frame(1, 2)], history: made ? { canUndo: false, canRedo: true, undo: '', redo: 'point' } : history });
    assert.ok(await session.undo());
    assert.equal(session.state.history.canUndo, false);
    assert.ok(await session.commit('final', 'binary'));
    assert.deepEqual(calls, { Undo: made ? 1 : 2, Commit: 2 });
    assert.deepEqual(session.state.stored.map(each => each.id), ['l']);
  }
});

test('a server that is there and not ready yet is asked for the session again', async () => {
  const { hub, session } = await opened();
  await session.prompt(point(2));
  let asked = 0;
  hub.answers.OpenSession = () => {
    if (++asked === 1)
      throw new HubRefusal('unavailable', 'The server starts.');
    return info;
  };
  hub.answers.Mask = () => ({ sequence: 1, objects: [object(1)], frames: [frame(1, 2)], history });
  hub.onState('lost');
  hub.onState('connected');
  while (session.state.connected === false)
    await new Promise(done => setTimeout(done, 20));
  assert.deepEqual([asked, session.state.info.sessionId], [2, 's1']);
  assert.match(session.state.message.text, /nothing was lost/);
});

test('a server that lost the session gets it back from this window', async () => {
  const { hub, session } = await opened();
  await session.prompt(point(2));
  hub.answers.OpenSession = request => {
    if (request.sessionId)
      throw new HubRefusal('not_found', 'There is no session of this id.');
    return { ...info, sessionId: 's2' };
  };
  hub.answers.RenameObject = () => ({ frames: [], objects: [], removed: [], history });
  hub.answers.Mask = () => ({ sequence: 1, objects: [object(1)], frames: [frame(1, 2)], history });
  hub.calls.length = 0;
  hub.onState('lost');
  hub.onState('connected');
  await new Promise(done => setTimeout(done, 30));
  assert.equal(session.state.info.sessionId, 's2');
  const [, said] = hub.calls.find(([method]) => method === 'Prompt');
  assert.deepEqual([said.sessionId, said.index, said.mask], ['s2', 2, pixel(2, 0)]);
});

test('what others do is shown; other sessions are not', async () => {
  const { hub, session } = await opened();
  hub.onEvent('Frames', ['other', [frame(1, 5)]]);
  assert.equal(session.masks.size, 0);
  hub.onEvent('Frames', ['s1', [frame(1, 5)]]);
  hub.onEvent('Changed', ['s1', { frames: [], objects: [object(1, { name: 'Liver' })], removed: [], history }]);
  assert.equal(session.state.segments[0].name, 'Liver');
  hub.onEvent('Joined', ['s1', 'bert']);
  assert.deepEqual(session.state.people, ['bert']);
  hub.onEvent('Left', ['s1', 'bert']);
  hub.onEvent('Changed', ['s1', { frames: [], objects: [], removed: [1], history }]);
  assert.deepEqual([session.state.people.length, session.masks.size], [0, 0]);
});

test('cancelling ends the stream and says how far it came', async () => {
  const { hub, session } = await opened();
  await session.prompt(point(0));
  hub.answers.Mask = () => ({ sequence: 2, objects: [object(1)], frames: [], history });
  hub.streams = [(next, signal) => new Promise(done => {
    next(frame(2, 1));
    signal.addEventListener('abort', () => done());
    setTimeout(() => session.cancel(), 5);
  })];
  await session.propagate(() => ({ objectIds: [1], plane: 'k', direction: 'up', count: 3, orientations: null, view: null }));
  assert.match(session.state.message.text, /Stopped after 1/);
});

test('the hub\'s errors keep their code, and say what to do', () => {
  const refusal = toRefusal(new Error("An unexpected error occurred invoking 'Prompt' on the server. HubException: busy: 64 requests wait already"));
  assert.equal(refusal.code, 'busy');
  assert.match(advise(refusal), /Try again/);
});

test('whether a prompt was heard', () => {
  const there = [{ plane: 'k', index: 2, points: [{ at: [1, 1.004, 2], include: true }], box: null, hasMask: false }];
  assert.equal(wasSaid(there, point(2)), true);
  assert.equal(wasSaid(there, { ...point(2), points: [{ at: [1, 1, 2], include: false }] }), false);
  // A mask that is there may be the one before.
  assert.equal(wasSaid([{ ...there[0], hasMask: true }], { objectId: 1, plane: 'k', index: 2, mask: pixel(0, 0), replace: true }), false);
  assert.equal(wasSaid(undefined, point(2)), false);
  // A box that is there may have been said with another choice of closer views, which nothing tells.
  const box = { min: [1, 1, 2], max: [5, 5, 2] }, boxed = { objectId: 1, plane: 'k', index: 2, box };
  assert.equal(wasSaid([{ ...there[0], points: [], box }], boxed), true);
  assert.equal(wasSaid([{ ...there[0], points: [], box }], { ...boxed, closerLook: true }), false);
});
