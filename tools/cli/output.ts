import { once } from 'node:events';
import { styleText } from 'node:util';
import { printableJson } from '../shared/terminal-text.ts';
import type { Runtime } from './runtime.ts';
import { type Column, TableWriter } from './table.ts';

/** Columns, if a terminal does not tell. Some say 0. */
const DEFAULT_WIDTH = 80;

type Format = Parameters<typeof styleText>[0];

/** The text in a colour or weight, if the stream is a terminal that shows them. Honours `NO_COLOR`. */
export function styled(stream: NodeJS.WriteStream, format: Format, text: string): string {
  return styleText(format, text, { stream });
}

/**
 * The output of a command. Results go to stdout: one JSON document a line with `--json`, or text for people. Notes,
 * progress and errors go to stderr.
 */
export class Output {
  /** For scripts: only JSON on stdout, only errors on stderr. */
  readonly isJson: boolean;
  /** Stdout is a terminal. */
  readonly isTerminal: boolean;
  /** Columns of the terminal. Nothing if stdout is not one. */
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

  /** Writes one or more lines. Waits for a slow reader, and drops the text if the reader is gone. */
  async text(text: string): Promise<void> {
    const { stdout, signal } = this.#runtime;
    if (!stdout.writable || stdout.write(`${text}\n`)) return;
    try {
      await once(stdout, 'drain', { signal });
    } catch (error) {
      // This interrupts a command that needs its reader: see runtime.ts.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
    }
  }

  /** Writes one JSON document on one line. Invisible characters are escaped. */
  json(value: unknown): Promise<void> {
    return this.text(printableJson(value));
  }

  /** A table whose rows are written in portions. */
  table(columns: readonly Column[]): TableWriter {
    return new TableWriter(this, columns);
  }

  /** Tells people what to do next, or how it went. */
  note(text: string): void {
    if (!this.isJson) this.#runtime.stderr.write(`${text}\n`);
  }

  /** A line on the terminal that shows the progress of long work. */
  progress(label: string): Progress {
    return new Progress(this.#runtime.stderr, label, { silent: this.isJson });
  }

  /** Coloured, if stdout is a terminal that shows colours. */
  style(format: Format, text: string): string {
    return this.isTerminal ? styled(this.#runtime.stdout, format, text) : text;
  }
}

const BAR_LENGTH = 24;
/** Each change costs a write, and people see no more. */
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
   * @param fraction The done part of the work, 0 to 1. Nothing if it is not known.
   * @param detail The counts so far.
   */
  update(fraction: number | undefined, detail = ''): void {
    const now = performance.now();
    if (!this.#shows || now - this.#shownAt < MIN_INTERVAL_MS) return;
    this.#shownAt = now;
    const width = this.#stream.columns || DEFAULT_WIDTH;
    const line = linesOf(this.#label, fraction, detail).find(({ length }) => length < width) ?? '';
    this.#stream.write(`\r\x1b[K${line}`);
  }

  /** Removes the line, so that something else can be written. */
  clear(): void {
    if (this.#shows && this.#shownAt > Number.NEGATIVE_INFINITY) this.#stream.write('\r\x1b[K');
    this.#shownAt = Number.NEGATIVE_INFINITY;
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

/** The possible lines, the longest first. A cut line could end in half of a number. */
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
