/** Voxels of each object as the hub has them, from frames of plane k: id -> number. */
export function countVoxels(frames) {
  const counts = new Map();
  for (const { objectId, plane, runs } of frames) {
    if (plane !== 'k')
      throw new Error(`a frame of plane ${plane}`);
    let value = 0, shift = 0, inside = false, sum = 0;
    for (const byte of runs) {
      value += (byte & 0x7f) * 2 ** shift;
      shift += 7;
      if (byte & 0x80)
        continue;
      if (inside)
        sum += value;
      [value, shift, inside] = [0, 0, !inside];
    }
    counts.set(objectId, (counts.get(objectId) ?? 0) + sum);
  }
  return counts;
}
