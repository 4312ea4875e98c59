export type LinkState = 'connected' | 'lost';

/** What a session needs of a connection; tests give another one. */
export interface Link {
  onState: (state: LinkState) => void;
  onEvent: (name: string, args: readonly unknown[]) => void;
  /** Ends when connected, however long the server is away. */
  connect(): Promise<void>;
  /** @throws HubRefusal where the hub refuses, ConnectionLost where its answer will never come. */
  invoke<T>(method: string, request: unknown): Promise<T>;
  /** Ends with the stream, or at once where the signal is given, which also ends the server's work. */
  stream<T>(method: string, request: unknown, next: (item: T) => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
