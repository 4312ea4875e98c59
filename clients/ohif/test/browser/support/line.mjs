// A line between the browser and the server: it can be cut, held up, and told to do something after so many bytes.
import { connect, createServer } from 'node:net';

export async function startLine(target) {
  const { hostname, port } = new URL(target);
  const sockets = new Set();
  let isCut = false, held = null, watch = null;
  const line = createServer(from => {
    if (isCut)
      return from.destroy();
    const to = connect(Number(port), hostname);
    let isHub = false;
    from.once('data', first => (isHub = first.toString('latin1').startsWith('GET /hubs/')));
    from.pipe(to);
    to.on('data', bytes => {
      if (isHub && watch && (watch.left -= bytes.length) <= 0) {
        const { act } = watch;
        watch = null;
        act();
      }
      if (isHub && held)
        held.push(() => from.write(bytes));
      else if (!from.destroyed)
        from.write(bytes);
    });
    to.on('end', () => from.end());
    for (const [a, b] of [[from, to], [to, from]]) {
      sockets.add(a);
      a.on('error', () => b.destroy());
      a.on('close', () => { sockets.delete(a); b.destroy(); });
    }
  });
  await new Promise(done => line.listen(0, '127.0.0.1', done));
  return {
    base: `http://127.0.0.1:${line.address().port}`,
    cut() { isCut = true; sockets.forEach(socket => socket.destroy()); },
    mend() { isCut = false; },
    /** What the hub says is kept back until it is let go. */
    hold() { held = []; },
    release() { const kept = held; held = null; kept.forEach(write => write()); },
    /** Does it when the hub has said so many bytes more; ends then. */
    after(bytes, act) { return new Promise(done => { watch = { left: bytes, act: () => { act(); done(); } }; }); },
    async stop() { sockets.forEach(socket => socket.destroy()); await new Promise(done => line.close(done)); },
  };
}
