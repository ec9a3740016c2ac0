const MAX_SIZE = 20_000;

/** Remembers the latest that were added. */
export class RecentSet {
  readonly #values = new Set<string>();
  readonly #maxSize: number;

  constructor(maxSize = MAX_SIZE) {
    this.#maxSize = maxSize;
  }

  /** @returns Whether it is new. */
  add(value: string): boolean {
    if (this.#values.has(value)) return false;
    this.#values.add(value);
    const [oldest] = this.#values;
    if (this.#values.size > this.#maxSize && oldest !== undefined) this.#values.delete(oldest);
    return true;
  }
}
