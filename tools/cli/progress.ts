const BAR_LENGTH = 24;
/** No terminal shows more, and each change costs a write. */
const MIN_INTERVAL_MS = 100;

/** A progress bar on a terminal; nothing elsewhere. Dispose of it when the work is over. */
export class Progress implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  readonly #label: string;
  readonly #shows: boolean;
  #shownAt = Number.NEGATIVE_INFINITY;

  constructor(stream: NodeJS.WriteStream, label: string, { silent = false } = {}) {
    this.#stream = stream;
    this.#label = label;
    this.#shows = !silent && stream.isTTY === true;
  }

  /**
   * @param fraction What is done of the work, 0 to 1; nothing if nobody can say.
   * @param detail What has been counted so far.
   */
  update(fraction: number | undefined, detail = ''): void {
    const now = performance.now();
    if (!this.#shows || now - this.#shownAt < MIN_INTERVAL_MS) return;
    this.#shownAt = now;
    const parts = [this.#label, fraction === undefined ? '' : bar(fraction), detail];
    const line = parts
      .filter(Boolean)
      .join(' ')
      .slice(0, this.#stream.columns - 1);
    this.#stream.write(`\r\x1b[K${line}`);
  }

  /** Takes the line away, for something else to be written. */
  clear(): void {
    if (this.#shows && this.#shownAt > Number.NEGATIVE_INFINITY) this.#stream.write('\r\x1b[K');
    this.#shownAt = Number.NEGATIVE_INFINITY;
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

function bar(fraction: number): string {
  const done = Math.min(1, Math.max(0, fraction));
  const filled = Math.round(done * BAR_LENGTH);
  const percent = `${Math.floor(done * 100)}%`.padStart(4);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_LENGTH - filled)} ${percent}`;
}
