// A hub that is played: what is tested is what happens when it is away, slow or forgetful.

export const history = { canUndo: true, canRedo: false, undo: 'point', redo: '' };
export const object = (objectId, more = {}) => ({ objectId, name: `Object ${objectId}`, code: null, colour: null, locked: false, prompts: [], sliceCount: 1, ...more });
export const pixel = (x, y) => ({ box: [x, y, x + 1, y + 1], runs: Uint8Array.of(0, 1) });
export const frame = (sequence, index, more = {}) => ({ sequence, objectId: 1, plane: 'k', index, ...pixel(index, 0), iou: 0.9, presence: 1, pass: 1, passes: 1, pinned: false, done: 1, total: 4, ...more });
export const info = { sessionId: 's1', image: '1.2', model: 'm', created: true, dimensions: [8, 8, 8], spacing: [1, 1, 1], affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], instances: [], frames: [], objects: [], labels: [], sequence: 0, history: { canUndo: false, canRedo: false, undo: '', redo: '' } };

export class Played {
  calls = [];
  onState = () => {};
  onEvent = () => {};
  answers = {
    OpenSession: () => info,
    Mask: () => ({ sequence: 0, objects: [], frames: [], history }),
    Prompt: request => ({ frame: frame(1, request.index, { objectId: request.objectId }), alternatives: [], object: object(request.objectId), history }),
  };
  streams = [];
  async connect() { this.onState('connected'); }
  async invoke(method, request) {
    this.calls.push([method, request]);
    return this.answers[method](request);
  }
  stream(method, request, next, signal) {
    this.calls.push([method, request]);
    return this.streams.shift()(next, signal);
  }
  async close() {}

  /** The connection goes while this call is awaited; it is back a little later. @throws what the link throws then */
  lose(ConnectionLost) {
    this.onState('lost');
    setTimeout(() => this.onState('connected'), 10);
    throw new ConnectionLost('away');
  }
}
