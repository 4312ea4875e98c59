import type { Choices } from './choices.ts';
import { HubLink } from './hub/connection.ts';
import type { JobUpdate } from './hub/contract.ts';
import { advise, ConnectionLost } from './hub/errors.ts';
import { Api, ServerRefusal } from './rest/api.ts';
import type { Message } from './session/state.ts';
import { Store } from './session/store.ts';

export interface ServerState {
  readonly strategies: readonly string[];
  readonly trainers: readonly string[];
  readonly job: JobUpdate | null;
}

/** What the server does beside the session: which study comes next, training, and how its jobs go. */
export class ServerWork {
  readonly state = new Store<ServerState>({ strategies: [], trainers: [], job: null });
  readonly #hub: string;
  readonly #api: Api;
  readonly #choices: Store<Choices>;
  readonly #tell: (message: Message) => void;
  #watching: AbortController | null = null;

  /**
   * @param hub the hub's address, whole
   * @param tell shows a message to the person
   */
  constructor(hub: string, choices: Store<Choices>, tell: (message: Message) => void) {
    this.#hub = hub;
    this.#api = new Api(new URL(hub).origin);
    this.#choices = choices;
    this.#tell = tell;
  }

  /** Asks what the server offers. */
  async look(): Promise<void> {
    try {
      const info = await this.#api.serverInfo();
      this.state.set(info);
      if (info.strategies[0] && !info.strategies.includes(this.#choices.get().strategy))
        this.#choices.set({ strategy: info.strategies[0] });
    } catch (error) {
      if (!(error instanceof ServerRefusal))
        throw error;
      this.state.set({ strategies: [], trainers: [] }); // the panel leaves these parts out
    }
  }

  /** Ends the watching; the job goes on. */
  leave(): void {
    this.#watching?.abort();
    this.state.set({ job: null });
  }

  /** Goes to the next study to label. */
  next = (): Promise<void> => this.#told(async () => {
    const study = await this.#api.nextStudy(this.#choices.get().strategy, 'ohif');
    if (study)
      location.assign(`${location.pathname}?StudyInstanceUIDs=${study.studyInstanceUid}&SeriesInstanceUIDs=${study.seriesInstanceUid}`);
    else
      this.#tell({ tone: 'info', text: 'No image is left to label.' });
  });

  train = (trainer: string): Promise<void> => this.#told(async () => this.#watch(await this.#api.startTraining(trainer)));

  stopTraining = (): Promise<void> => this.#told(() => this.#api.stopTraining());

  /** Shows the training that was started last, by whomever. */
  watchTraining = (): Promise<void> => this.#told(async () => {
    const job = await this.#api.lastTraining();
    if (job && job !== this.state.get().job?.jobId)
      await this.#watch(job);
  });

  /** Shows how a job goes, until it ends; over a lost connection, too. */
  async #watch(jobId: string): Promise<void> {
    this.#watching?.abort();
    const control = new AbortController();
    this.#watching = control;
    const link = new HubLink(this.#hub);
    control.signal.addEventListener('abort', () => void link.close(), { once: true });
    try {
      while (!control.signal.aborted) {
        try {
          await link.connect();
          await link.stream<JobUpdate>('WatchJob', { jobId }, job => this.state.set({ job }), control.signal);
          break;
        } catch (error) {
          if (!(error instanceof ConnectionLost))
            throw error;
        }
      }
    } finally {
      await link.close();
    }
  }

  async #told(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#tell({ tone: 'error', text: advise(error) });
    }
  }
}
