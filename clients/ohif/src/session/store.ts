/** State that panels watch. Each change is a new object, as React's external stores want it. */
export class Store<T extends object> {
  #state: T;
  readonly #listeners = new Set<() => void>();

  constructor(state: T) {
    this.#state = state;
  }

  get = (): T => this.#state;

  set(part: Partial<T>): void {
    this.#state = { ...this.#state, ...part };
    this.#listeners.forEach(listener => listener());
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
