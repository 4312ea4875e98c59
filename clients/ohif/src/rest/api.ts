export interface NextStudy {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
}

export class ServerRefusal extends Error {}

export interface ServerInfo {
  readonly strategies: readonly string[];
  readonly trainers: readonly string[];
}

/** The parts of the server's HTTP interface (MONAI Label's) that the panel uses. */
export class Api {
  readonly #base: string;

  /** @param base the server's origin */
  constructor(base: string) {
    this.#base = base;
  }

  /** The next image to label, or null where none is left. Images that are no DICOM series cannot be shown here. */
  async nextStudy(strategy: string, user: string): Promise<NextStudy | null> {
    const sample = await this.#call('POST', `/activelearning/${encodeURIComponent(strategy)}`, { client_id: user }) as { id?: string; RetrieveURL?: string };
    if (!sample.id)
      return null;
    const place = /\/studies\/([0-9.]+)\/series\/([0-9.]+)/.exec(sample.RetrieveURL ?? '');
    if (!place)
      throw new ServerRefusal('The next image is not a DICOM series, so this viewer cannot show it. Label it in 3D Slicer.');
    return { studyInstanceUid: place[1]!, seriesInstanceUid: place[2]! };
  }

  async serverInfo(): Promise<ServerInfo> {
    const info = await this.#call('GET', '/info/') as { strategies?: object; trainers?: object };
    return { strategies: Object.keys(info.strategies ?? {}), trainers: Object.keys(info.trainers ?? {}) };
  }

  /** Starts a training; gives the job to watch. */
  async startTraining(trainer: string): Promise<string> {
    const task = await this.#call('POST', `/train/${encodeURIComponent(trainer)}`, {}) as { id?: string };
    if (!task.id)
      throw new ServerRefusal('The server started no training.');
    return task.id;
  }

  /** The training that was started last, or null. */
  async lastTraining(): Promise<string | null> {
    const answer = await this.#fetch('/train/', { headers: { accept: 'application/json' } });
    if (answer.status === 404)
      return null;
    return ((await read(answer)) as { id?: string }).id ?? null;
  }

  async stopTraining(): Promise<void> {
    await this.#call('DELETE', '/train/');
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    return read(await this.#fetch(path, { method, headers: { accept: 'application/json', ...json }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }));
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.#base}${path}`, init);
    } catch {
      throw new ServerRefusal('The server does not answer. Check that it runs, then try again.');
    }
  }
}

async function read(answer: Response): Promise<unknown> {
  if (answer.ok)
    return answer.json();
  const detail = await answer.json().then(told => (told as { detail?: unknown }).detail, () => undefined);
  throw new ServerRefusal(typeof detail === 'string' ? detail : `The server answered ${answer.status}.`);
}
