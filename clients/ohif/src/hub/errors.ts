/** The hub refused: a stable code, and a text for people. */
export class HubRefusal extends Error {
  readonly code: string;

  constructor(code: string, text: string) {
    super(text);
    this.code = code;
  }
}

/** The connection went while the answer was awaited: whether the server got the call is not known. */
export class ConnectionLost extends Error {}

const codes = /HubException: (not_found|bad_prompt|busy|gone|forbidden|unavailable): ([\s\S]*)$/;

/** SignalR puts words of its own in front of the hub's. */
export function toRefusal(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  const match = codes.exec(text);
  return match ? new HubRefusal(match[1]!, match[2]!) : error instanceof Error ? error : new Error(text);
}

/** What to do about it, where that is not in the text already. */
export function advise(error: unknown): string {
  if (error instanceof ConnectionLost)
    return 'The connection to the server was lost before it answered. It comes back by itself; then try again.';
  if (!(error instanceof HubRefusal))
    return error instanceof Error ? error.message : String(error);
  const text = /[.!]$/.test(error.message) ? error.message : `${error.message}.`;
  switch (error.code) {
    case 'busy':
      return `The server is busy. ${text} Try again in a moment.`;
    case 'unavailable':
      return `The server cannot do this at the moment. ${text}`;
    default:
      return text;
  }
}
