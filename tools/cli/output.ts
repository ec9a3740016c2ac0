import { once } from 'node:events';
import { styleText } from 'node:util';
import { printableJson } from '../shared/terminal-text.ts';
import type { Runtime } from './runtime.ts';
import { type Column, TableWriter } from './table.ts';

/** Columns, if a terminal does not say: some say 0. */
const DEFAULT_WIDTH = 80;

type Format = Parameters<typeof styleText>[0];

/** The text in a colour or weight, if the stream is a terminal that shows them. Honours `NO_COLOR`. */
export function styled(stream: NodeJS.WriteStream, format: Format, text: string): string {
  return styleText(format, text, { stream });
}

/**
 * What a command says. Results go to stdout: for scripts (`--json`) each line is one JSON document, for
 * people it is text. Everything about the work itself goes to stderr.
 */
export class Output {
  /** Scripts read: nothing but JSON on stdout, nothing but errors on stderr. */
  readonly isJson: boolean;
  /** A person sees stdout as it is written. */
  readonly isTerminal: boolean;
  /** Characters a line of the terminal; nothing if stdout is none. */
  readonly width: number | undefined;
  /** Aborts when the command must end. */
  readonly signal: AbortSignal;
  readonly #runtime: Pick<Runtime, 'stdout' | 'stderr' | 'signal'>;

  constructor(
    runtime: Pick<Runtime, 'stdout' | 'stderr' | 'signal'>,
    { json }: { json?: true | undefined },
  ) {
    this.#runtime = runtime;
    this.signal = runtime.signal;
    this.isJson = json ?? false;
    this.isTerminal = runtime.stdout.isTTY === true;
    this.width = this.isTerminal ? runtime.stdout.columns || DEFAULT_WIDTH : undefined;
  }

  /** One line, or several. Waits while the reader is slower than we are; says nothing once it has gone. */
  async text(text: string): Promise<void> {
    const { stdout, signal } = this.#runtime;
    if (!stdout.writable || stdout.write(`${text}\n`)) return;
    try {
      await once(stdout, 'drain', { signal });
    } catch (error) {
      // A command that needs its reader is interrupted by this: see runtime.ts.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
    }
  }

  /** One JSON document, on a line of its own. What a reader would not see is escaped. */
  json(value: unknown): Promise<void> {
    return this.text(printableJson(value));
  }

  /** Rows come in portions: the writer prints each as it gets it. */
  table(columns: readonly Column[]): TableWriter {
    return new TableWriter(this, columns);
  }

  /** For people: what to do next, or how it went. */
  note(text: string): void {
    if (!this.isJson) this.#runtime.stderr.write(`${text}\n`);
  }

  /** A line on the terminal that shows how far long work is, and goes when the work is done. */
  progress(label: string): Progress {
    return new Progress(this.#runtime.stderr, label, { silent: this.isJson });
  }

  /** Coloured, if stdout is a terminal that shows colours. */
  style(format: Format, text: string): string {
    return this.isTerminal ? styled(this.#runtime.stdout, format, text) : text;
  }
}

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
