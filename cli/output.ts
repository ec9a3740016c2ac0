import { once } from 'node:events';
import type { styleText } from 'node:util';
import { Progress } from './progress.ts';
import type { Runtime } from './runtime.ts';
import { type Column, TableWriter } from './table.ts';
import { styled } from './terminal.ts';

/** JSON lets them stand as they are, but a terminal takes them for commands. */
const UNESCAPED_CONTROLS = /[\u007f-\u009f]/g;

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
    this.width = this.isTerminal ? runtime.stdout.columns : undefined;
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

  /** One JSON document, on a line of its own. */
  json(value: unknown): Promise<void> {
    return this.text(JSON.stringify(value).replace(UNESCAPED_CONTROLS, escaped));
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

  /** Coloured, if stdout is a terminal. */
  style(format: Parameters<typeof styleText>[0], text: string): string {
    return styled(this.#runtime.stdout, format, text);
  }
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
