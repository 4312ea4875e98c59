/** Calls with each run of a mask that is inside: from, to (exclusive), in the row-major pixels of its box. */
function eachRun({ runs }, inside) {
  let value = 0, shift = 0, isInside = false, at = 0;
  for (const byte of runs) {
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte & 0x80)
      continue;
    if (isInside)
      inside(at, at + value);
    at += value;
    [value, shift, isInside] = [0, 0, !isInside];
  }
}

/** Voxels of each object as the hub has them, from frames of plane k: id -> number. */
export function countVoxels(frames) {
  return new Map([...voxelsOf(frames)].map(([objectId, voxels]) => [objectId, voxels.length]));
}

/** The voxels themselves, in order: id -> numbers that stand for i, j and k. Objects without any are in it, too. */
export function voxelsOf(frames) {
  const found = new Map();
  for (const frame of frames) {
    if (frame.plane !== 'k')
      throw new Error(`a frame of plane ${frame.plane}`);
    const voxels = found.get(frame.objectId) ?? [];
    const [x0, y0, x1] = frame.box;
    eachRun(frame, (from, to) => {
      for (let p = from; p < to; p++)
        voxels.push((frame.index * 10_000 + y0 + Math.floor(p / (x1 - x0))) * 10_000 + x0 + (p % (x1 - x0)));
    });
    found.set(frame.objectId, voxels);
  }
  found.forEach(voxels => voxels.sort((a, b) => a - b));
  return found;
}
