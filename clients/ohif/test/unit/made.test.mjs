// A change whose answer never came, in a session that others change meanwhile or that the server has lost: what the person asked
// for is done once, or they are told.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { load } from '../load.mjs';
import { frame, history, info, object, pixel, Played } from './played.mjs';

const { Session, ConnectionLost, HubRefusal } = await load('session/session.ts', 'hub/errors.ts');

const prompt = (index, ...points) => ({ plane: 'k', index, points: points.map(at => ({ at: [...at, index], include: true })), box: null, hasMask: false });
const painted = index => ({ ...prompt(index), hasMask: true });
const mine = object(1, { prompts: [prompt(2, [1, 1])] }), theirs = object(2, { prompts: [prompt(3, [4, 4])] });
const clicked = { ...history, undo: 'Prompt on slice 3 of Object 2' };

/**
 * Object 1 has a click on slice 2. Then a change is asked for, and the line goes before it is answered.
 * @param after the state when the line is back
 * @param restore whether the server has lost the session meanwhile
 */
async function change(method, ask, after, restore = false) {
  const hub = new Played();
  hub.answers.OpenSession = () => ({ ...info, labels: [{ id: 'final', tag: 'final', names: ['Liver', 'Spleen'], sopInstanceUid: '' }] });
  hub.answers.Prompt = () => ({ frame: frame(1, 2), alternatives: [], object: mine, history });
  const session = new Session(hub);
  await session.open('1.2', null);
  await session.prompt({ objectId: 1, plane: 'k', index: 2, points: [{ at: [1, 1, 2], include: true }] });
  const calls = [];
  hub.answers[method] = request => {
    calls.push(request.sessionId);
    if (calls.length === 1)
      hub.lose(ConnectionLost);
    return { frames: [], objects: [], removed: [], history };
  };
  hub.answers.Mask = () => ({ sequence: 1, objects: [mine], frames: [frame(1, 2)], history, ...after });
  hub.answers.RenameObject = () => ({ frames: [], objects: [], removed: [], history });
  if (restore) {
    hub.answers.OpenSession = request => {
      if (request.sessionId)
        throw new HubRefusal('not_found', 'There is no session of this id.');
      return { ...info, sessionId: 's2' };
    };
  }
  const isDone = await ask(session);
  return { calls, isDone, message: session.state.message };
}

const asks = {
  RemoveObject: session => session.removeSegment(1),
  Reset: session => session.reset(1),
  ClearSlice: session => session.clearSlice(1, 'k', 2),
  LoadLabel: session => session.load('final'),
  Undo: session => session.undo(),
  Redo: session => session.redo(),
};

const again = async (method, after) => {
  const { calls, message } = await change(method, asks[method], after);
  assert.deepEqual([calls, message.text], [['s1', 's1'], 'Done.'], method);
};
const once = async (method, after) => {
  const { calls, message } = await change(method, asks[method], after);
  assert.deepEqual([calls, message.text], [['s1'], 'Done.'], method);
};
const told = async (method, after) => {
  const { calls, message } = await change(method, asks[method], after);
  assert.deepEqual([calls, message.tone], [['s1'], 'error'], method);
  assert.match(message.text, /check whether it was done/);
};

test('what somebody else said meanwhile is not taken for the change', async () => {
  const after = { sequence: 4, objects: [mine, theirs], frames: [frame(1, 2), frame(4, 3, { objectId: 2 })], history: clicked };
  for (const method of ['RemoveObject', 'Reset', 'ClearSlice', 'LoadLabel'])
    await again(method, after);
});

test('a change that was made is not made twice, whatever others said meanwhile', async () => {
  const others = { sequence: 4, history: clicked };
  await once('RemoveObject', { ...others, objects: [theirs], frames: [] });
  await once('Reset', { ...others, objects: [object(1, { sliceCount: 0 }), theirs], frames: [] });
  await once('ClearSlice', { ...others, objects: [object(1, { prompts: [prompt(5, [1, 1])] }), theirs], frames: [] });
  await once('LoadLabel', { ...others, objects: [mine, object(2, { name: 'Liver', prompts: [painted(3)] }), object(3, { name: 'Spleen', prompts: [painted(3), painted(4)] })], frames: [] });
});

test('a mask that is left of an object is one that is not reset', () => again('Reset', { objects: [object(1, { sliceCount: 3 })] }));

test('an object that was there without any prompt is removed, though its removal was not heard', () => again('RemoveObject', { objects: [object(1, { sliceCount: 0 })] }));

test('what others said in the place of what was forgotten is left to the person', async () => {
  const after = { sequence: 4, objects: [object(1, { prompts: [prompt(2, [6, 6])] })], history: clicked };
  for (const method of ['RemoveObject', 'Reset', 'ClearSlice'])
    await told(method, after);
});

test('a segment that somebody painted meanwhile may be a loaded one: the person is told', async () => {
  await told('LoadLabel', { sequence: 4, objects: [mine, object(2, { prompts: [painted(3)] })], history: clicked });
  await told('LoadLabel', { sequence: 4, objects: [mine, object(2, { name: 'Liver', prompts: [painted(3)] })], history: clicked });
});

test('a step that was undone or redone is known by its text; what others did as well is left to the person', async () => {
  const undone = { canUndo: false, canRedo: true, undo: '', redo: history.undo };
  await again('Undo', {});
  await once('Undo', { sequence: 2, history: undone });
  await told('Undo', { sequence: 4, history: clicked });
  await told('Undo', { sequence: 4 }); // a propagation of theirs, which is no step yet

  const redo = after => change('Redo', async session => {
    session.store.set({ history: undone });
    return session.redo();
  }, { history: undone, ...after });
  assert.deepEqual((await redo({})).calls, ['s1', 's1']);
  const made = await redo({ sequence: 2, history });
  assert.deepEqual([made.calls, made.message.text], [['s1'], 'Done.']);
  const unknown = await redo({ sequence: 4, history: clicked });
  assert.deepEqual([unknown.calls, unknown.isDone], [['s1'], false]);
  assert.match(unknown.message.text, /check whether it was done/);
});

test('in a session that was restored nothing counts as made: it is done there', async () => {
  const restored = { sequence: 1, objects: [object(1, { prompts: [painted(2)] })], frames: [frame(1, 2, pixel(2, 0))], history: { ...history, undo: 'Edit on slice 2 of Object 1' } };
  for (const method of ['RemoveObject', 'Reset', 'ClearSlice', 'LoadLabel']) {
    const { calls, message } = await change(method, asks[method], restored, true);
    assert.deepEqual([calls, message.text], [['s1', 's2'], 'Done.'], method);
  }
  for (const method of ['Undo', 'Redo']) {
    const { calls, isDone, message } = await change(method, asks[method], restored, true);
    assert.deepEqual([calls, isDone, message.tone], [['s1'], false, 'error'], method); // its steps are those that put the objects back
    assert.match(message.text, /nothing was undone/);
  }
});
