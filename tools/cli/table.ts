import { oneLine, withoutGaps } from '../shared/terminal-text.ts';
import type { LaidOut } from './table-layout.ts';

export interface Column extends LaidOut {
  readonly title: string;
  /** Drawn for people: not in what scripts read. */
  readonly isDrawing?: true;
}

/** A printable text, which may have lines; or one for people and the bare value for scripts. */
export type Cell = string | { readonly shown: string; readonly value: string };

/** A cell for each column. */
export type Row = readonly Cell[];

interface Sink {
  /** Columns of the terminal; nothing if it is none. */
  readonly width: number | undefined;
  text(text: string): Promise<void>;
  style(format: 'bold', text: string): string;
}

/**
 * A table without lines, written portion by portion. Elsewhere than on a terminal, it is as `gh` does it:
 * a line a row, values separated by tabs, nothing cut, and no titles.
 */
export class TableWriter {
  readonly #sink: Sink;
  readonly #columns: readonly Column[];
  #hasTitles = false;

  constructor(sink: Sink, columns: readonly Column[]) {
    this.#sink = sink;
    this.#columns = columns;
  }

  async write(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const { width } = this.#sink;
    const lines =
      width === undefined
        ? rows.map((row) => tabSeparated(row.filter((_, at) => !this.#columns[at]?.isDrawing)))
        : await this.#laidOut(rows, width);
    await this.#sink.text(lines.join('\n'));
  }

  async #laidOut(rows: readonly Row[], width: number): Promise<string[]> {
    const { rowLayout } = await import('./table-layout.ts');
    const linesOf = rowLayout(this.#columns, width);
    const titles = this.#hasTitles ? [] : [this.#columns.map(({ title }) => title)];
    this.#hasTitles = true;
    const last = this.#columns.length - 1;
    return [
      // Styled once they are cut, by line.
      ...titles.flatMap(linesOf).map((line) => this.#sink.style('bold', line)),
      ...rows
        // Nothing follows the last cell that it could imitate.
        .map((row) => row.map((cell) => oneLine(shownIn(cell))))
        .map((row) => row.map((text, at) => (at === last ? text : withoutGaps(text))))
        .flatMap(linesOf),
    ];
  }
}

/** A row for scripts, on one line. A printable text has no tabs. */
export function tabSeparated(row: Row): string {
  return row
    .map((cell) => (typeof cell === 'string' ? cell : cell.value).replaceAll('\n', '\\x0a'))
    .join('\t');
}

/** What people read. */
export function shownIn(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.shown;
}
