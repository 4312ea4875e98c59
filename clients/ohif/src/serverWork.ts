import type { Choices } from './choices.ts';
import { HubLink } from './hub/connection.ts';
import type { JobUpdate } from './hub/contract.ts';
import { advise, ConnectionLost } from './hub/errors.ts';
import type { Link } from './hub/link.ts';
import { Api, ServerRefusal } from './rest/api.ts';
import type { Message } from './session/state.ts';
import { Store } from './session/store.ts';

export interface ServerState {
  readonly strategies: readonly string[];
  readonly trainers: readonly string[];
  readonly job: JobUpdate | null;
}

/** Whether a job in this state goes on. */
export const isRunning = (state: string): boolean => !/done|completed|failed|stopped|cancelled|error/i.test(state);

/** What the server does beside the session: which study comes next, training, and how its jobs go. */
export class ServerWork {
  readonly state = new Store<ServerState>({ strategies: [], trainers: [], job: null });
  readonly #newLink: () => Link;
  readonly #api: Api;
  readonly #choices: Store<Choices>;
  readonly #tell: (message: Message) => void;
  #watching: { readonly jobId: string; readonly control: AbortController } | null = null;
  #left = false;

  /**
   * @param hub the hub's address, whole
   * @param tell shows a message to the person
   * @param newLink a connection to the hub of its own, to watch a job by
   */
  constructor(hub: string, choices: Store<Choices>, tell: (message: Message) => void, newLink: () => Link = () => new HubLink(hub)) {
    this.#newLink = newLink;
    this.#api = new Api(new URL(hub).origin);
    this.#choices = choices;
    this.#tell = tell;
  }

  /** Asks what the server offers; until it is left, jobs can be watched. */
  async look(): Promise<void> {
    this.#left = false;
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
    this.#left = true; // what is still asked for begins no watching when it is answered
    this.#watching?.control.abort();
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
    const jobId = await this.#api.lastTraining(), { job } = this.state.get();
    const isSeen = jobId === this.#watching?.jobId || (jobId === job?.jobId && !isRunning(job!.state));
    if (jobId && !isSeen)
      await this.#watch(jobId);
  });

  /** Shows how a job goes, until it ends; over a lost connection, too. */
  async #watch(jobId: string): Promise<void> {
    if (this.#left)
      return;
    this.#watching?.control.abort();
    const control = new AbortController(), watching = { jobId, control };
    this.#watching = watching;
    const link = this.#newLink();
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
      // One that failed can be begun again.
      if (this.#watching === watching)
        this.#watching = null;
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
