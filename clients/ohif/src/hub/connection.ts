import { HttpTransportType, HubConnectionBuilder, HubConnectionState, LogLevel, type HubConnection } from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';
import { ConnectionLost, toRefusal } from './errors.ts';
import type { Link, LinkState } from './link.ts';

const longestWait = 5000;

/** The hub over SignalR. It connects at the first use and again whenever the connection goes, for as long as the page is open. */
export class HubLink implements Link {
  onState: (state: LinkState) => void = () => {};
  onEvent: (name: string, args: readonly unknown[]) => void = () => {};

  readonly #hub: HubConnection;
  #starting: Promise<void> | undefined;
  #isClosed = false;

  constructor(url: string) {
    this.#hub = new HubConnectionBuilder()
      .withUrl(url, { transport: HttpTransportType.WebSockets, skipNegotiation: true })
      .withHubProtocol(new MessagePackHubProtocol())
      .withAutomaticReconnect({ nextRetryDelayInMilliseconds: ({ previousRetryCount }) => Math.min(250 * 2 ** previousRetryCount, longestWait) })
      .withServerTimeout(20_000)
      .withKeepAliveInterval(8_000)
      .configureLogging(LogLevel.None)
      .build();
    this.#hub.onreconnecting(() => this.onState('lost'));
    this.#hub.onreconnected(() => this.onState('connected'));
    // SignalR itself does not come back where the server said goodbye.
    this.#hub.onclose(() => {
      if (this.#isClosed)
        return;
      this.onState('lost');
      void this.connect();
    });
    for (const name of ['Frames', 'Changed', 'Joined', 'Left', 'Committed'])
      this.#hub.on(name, (...args: unknown[]) => this.onEvent(name, args));
  }

  async connect(): Promise<void> {
    if (this.#hub.state === HubConnectionState.Connected)
      return;
    this.#starting ??= this.#start().finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  async invoke<T>(method: string, request: unknown): Promise<T> {
    try {
      return await this.#hub.invoke<T>(method, request);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  stream<T>(method: string, request: unknown, next: (item: T) => void, signal: AbortSignal): Promise<void> {
    return new Promise((done, fail) => {
      const failed = (error: unknown) => fail(this.#explain(error));
      try {
        const subscription = this.#hub.stream<T>(method, request).subscribe({ next, complete: done, error: failed });
        // The disposed stream tells nobody that it ended.
        signal.addEventListener('abort', () => { subscription.dispose(); done(); }, { once: true });
      } catch (error) {
        failed(error); // without a connection it does not begin
      }
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#hub.stop();
  }

  /** A connection that never was is not tried again by SignalR itself. */
  async #start(): Promise<void> {
    for (let attempt = 0; !this.#isClosed; attempt++) {
      try {
        if (this.#hub.state === HubConnectionState.Disconnected)
          await this.#hub.start();
        while ((this.#hub.state as HubConnectionState) === HubConnectionState.Reconnecting || (this.#hub.state as HubConnectionState) === HubConnectionState.Connecting)
          await new Promise(done => setTimeout(done, 100));
        if ((this.#hub.state as HubConnectionState) === HubConnectionState.Connected) {
          this.onState('connected');
          return;
        }
      } catch {
        // Told by the state: the server is away, which may last.
        this.onState('lost');
      }
      await new Promise(done => setTimeout(done, Math.min(250 * 2 ** attempt, longestWait)));
    }
  }

  #explain(error: unknown): Error {
    const refusal = toRefusal(error);
    const away = this.#hub.state !== HubConnectionState.Connected || /connection|WebSocket|not in the 'Connected'|Invocation canceled/i.test(refusal.message);
    return refusal.constructor === Error && away ? new ConnectionLost(refusal.message) : refusal;
  }
}
