import { once } from 'node:events';
import type { styleText } from 'node:util';
import { printableJson } from '../shared/terminal-text.ts';
import { Progress } from './progress.ts';
import type { Runtime } from './runtime.ts';
import { type Column, TableWriter } from './table.ts';
import { DEFAULT_WIDTH, styled } from './terminal.ts';

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
  readonly #runtime: Pick<Runtime, 'stdout' | 'stderr' | 'signal'>;

  constructor(
    runtime: Pick<Runtime, 'stdout' | 'stderr' | 'signal'>,
    { json }: { json?: true | undefined },
  ) {
    this.#runtime = runtime;
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
  style(format: Parameters<typeof styleText>[0], text: string): string {
    return this.isTerminal ? styled(this.#runtime.stdout, format, text) : text;
  }
}
