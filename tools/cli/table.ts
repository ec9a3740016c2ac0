import { stripVTControlCharacters } from 'node:util';
import { graphemesOf, oneLine, withoutGaps } from '../shared/terminal-text.ts';

export interface Column {
  readonly title: string;
  /** Columns of a terminal. A longer text is cut. Without a width, the column gets the rest of the line. */
  readonly width?: number;
  readonly align?: 'left' | 'right';
  /** A drawing for people, left out for scripts. */
  readonly isDrawing?: true;
}

/** A printable text that may have line breaks, or a text for people and a value for scripts. */
export type Cell = string | { readonly shown: string; readonly value: string };

/** A cell for each column. */
export type Row = readonly Cell[];

interface Sink {
  /** Columns of the terminal. Nothing if it is not one. */
  readonly width: number | undefined;
  text(text: string): Promise<void>;
  style(format: 'bold', text: string): string;
}

const GAP = '  ';
const INDENT = '  ';
/** Narrower terminals have no room for an indent. */
const MIN_INDENTED = 10;
/** The least width of a column without a width. */
const MIN_FLEXIBLE = 20;

/**
 * A table that is written in portions. Elsewhere than on a terminal, it is as `gh` prints it: one line for each row,
 * whole values, separated by tabs, and no titles.
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

  /** A row takes one line if it fits. Otherwise it takes several, and all but the first are indented. */
  async #laidOut(rows: readonly Row[], width: number): Promise<string[]> {
    const { default: widthOf } = await import('string-width');
    const indent = width < MIN_INDENTED ? '' : INDENT;
    const places = place(this.#columns, width, indent.length);
    const linesOf = (cells: readonly string[]) =>
      places.map((line, number) => {
        const texts = line.map((column) => fitted(cells[column.index] ?? '', column, widthOf));
        return ((number === 0 ? '' : indent) + texts.join(GAP)).trimEnd();
      });
    const titles = this.#hasTitles ? [] : [this.#columns.map(({ title }) => title)];
    this.#hasTitles = true;
    const last = this.#columns.length - 1;
    return [
      // Styled by line, after they are cut.
      ...titles.flatMap(linesOf).map((line) => this.#sink.style('bold', line)),
      ...rows
        // The last cell keeps its gaps, because no cell follows that it could imitate.
        .map((row) => row.map((cell) => oneLine(shownIn(cell))))
        .map((row) => row.map((text, at) => (at === last ? text : withoutGaps(text))))
        .flatMap(linesOf),
    ];
  }
}

interface Placed {
  readonly index: number;
  readonly isFlexible: boolean;
  readonly align: Column['align'];
  width: number;
}

/** The columns of each line. No line is longer than the terminal. */
function place(columns: readonly Column[], terminalWidth: number, indent: number): Placed[][] {
  const lines: Placed[][] = [];
  let left = 0;
  for (const [index, column] of columns.entries()) {
    const { width = MIN_FLEXIBLE, align } = column;
    const placed = { index, isFlexible: column.width === undefined, align, width };
    const line = lines.at(-1);
    if (line && GAP.length + width <= left) {
      line.push(placed);
      left -= GAP.length + width;
    } else {
      widen(line, left);
      const room = Math.max(1, terminalWidth - (line ? indent : 0));
      lines.push([{ ...placed, width: Math.min(width, room) }]);
      left = Math.max(0, room - width);
    }
  }
  widen(lines.at(-1), left);
  return lines;
}

/** Gives the rest of the line to the first flexible column. */
function widen(line: readonly Placed[] | undefined, left: number): void {
  const flexible = line?.find(({ isFlexible }) => isFlexible);
  if (flexible) flexible.width += left;
}

function fitted(text: string, { width, align }: Placed, widthOf: (text: string) => number): string {
  let shown = text;
  if (widthOf(text) > width) {
    // Cut after a whole character, with a `…`. Colours are removed, because a cut colour would not end.
    shown = '';
    for (const grapheme of graphemesOf(stripVTControlCharacters(text))) {
      if (widthOf(shown + grapheme) >= width) break;
      shown += grapheme;
    }
    shown += '…';
  }
  const padding = ' '.repeat(width - widthOf(shown));
  return align === 'right' ? padding + shown : shown + padding;
}

/** A row for scripts, on one line. Printable texts have no tabs. */
export function tabSeparated(row: Row): string {
  return row
    .map((cell) => (typeof cell === 'string' ? cell : cell.value).replaceAll('\n', '\\x0a'))
    .join('\t');
}

/** The text for people. */
export function shownIn(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.shown;
}

/** A count. For people, it has commas for thousands. */
export function countCell(count: number): Cell {
  return { shown: count.toLocaleString('en-US'), value: String(count) };
}
