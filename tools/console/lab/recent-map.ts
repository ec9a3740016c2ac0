/** A map with a maximum size. A new key beyond it removes the oldest key. */
export class RecentMap<Key, Value> extends Map<Key, Value> {
  readonly #maxSize: number;

  constructor(maxSize: number) {
    super();
    this.#maxSize = maxSize;
  }

  /** A known key keeps its place. {@link touch} makes it the latest. */
  override set(key: Key, value: Value): this {
    super.set(key, value);
    for (const oldest of this.keys()) {
      if (this.size <= this.#maxSize) break;
      this.delete(oldest);
    }
    return this;
  }

  touch(key: Key, value: Value): void {
    this.delete(key);
    this.set(key, value);
  }

  /** All values, the latest first. */
  latest(): Value[] {
    return [...this.values()].reverse();
  }
}
