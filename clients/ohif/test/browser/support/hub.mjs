// Another client of the same session, without a viewer.
import { HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';

export async function joinSession(base, sessionId, user) {
  const hub = new HubConnectionBuilder().withUrl(`${base}/hubs/segmentation`).withHubProtocol(new MessagePackHubProtocol()).configureLogging(LogLevel.None).build();
  await hub.start();
  const info = await hub.invoke('OpenSession', { sessionId, user });
  return { hub, info, call: (method, request) => hub.invoke(method, { sessionId, ...request }), stop: () => hub.stop() };
}

/** A rectangle of pixels, ends exclusive, as a mask. */
export function rectangle(x0, y0, x1, y1) {
  const runs = [0];
  let length = (x1 - x0) * (y1 - y0);
  for (; length >= 0x80; length = Math.floor(length / 0x80))
    runs.push((length & 0x7f) | 0x80);
  runs.push(length);
  return { box: [x0, y0, x1, y1], runs: Uint8Array.from(runs) };
}
