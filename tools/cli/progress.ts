import { DEFAULT_WIDTH } from './terminal.ts';

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
    const width = this.#stream.columns || DEFAULT_WIDTH;
    const line = linesOf(this.#label, fraction, detail).find(({ length }) => length < width) ?? '';
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

/** What it says, the longest first. A line that is cut could end in half of a number. */
function linesOf(label: string, fraction: number | undefined, detail: string): string[] {
  const done = fraction && Math.min(1, Math.max(0, fraction));
  const percent = done === undefined ? '' : `${Math.floor(done * 100)}%`;
  return [
    [label, done === undefined ? '' : `${bar(done)} ${percent.padStart(4)}`, detail],
    [label, percent, detail],
    [percent, detail],
    [detail],
  ].map((parts) => parts.filter(Boolean).join(' '));
}

function bar(done: number): string {
  const filled = Math.round(done * BAR_LENGTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_LENGTH - filled)}`;
}
