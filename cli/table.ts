import Table from 'cli-table3';

const GAP = 2;
/** Of a column that takes what the others leave. */
const MIN_FLEXIBLE = 20;
const INDENT = '  ';

export interface Column {
  readonly title: string;
  /** On a terminal, characters: what is longer is cut. Without it, the column takes what is left. */
  readonly width?: number;
  readonly align?: 'left' | 'right';
  /** On a terminal that is too narrow for all columns, in a second line. */
  readonly mayWrap?: true;
}

/** A cell's text: printable, and on one line. */
export type Row = readonly string[];

interface Sink {
  readonly width: number | undefined;
  text(text: string): Promise<void>;
  style(format: 'bold', text: string): string;
}

/** A table without lines, written portion by portion. Elsewhere than on a terminal nothing is cut. */
export class TableWriter {
  readonly #sink: Sink;
  readonly #columns: readonly Column[];
  #hasTitles = false;

  constructor(sink: Sink, columns: readonly Column[]) {
    this.#sink = sink;
    this.#columns = columns;
  }

  /** @param rows A cell for each column. */
  async write(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const titles = this.#columns.map(({ title }) => this.#sink.style('bold', title));
    await this.#sink.text(this.#render(this.#hasTitles ? rows : [titles, ...rows]));
    this.#hasTitles = true;
  }

  #render(rows: readonly Row[]): string {
    const columns = this.#columns;
    const { width } = this.#sink;
    if (width === undefined || leastWidth(columns) <= width)
      return lines(columns, rows, width).join('\n');
    const isFirst = columns.map(({ mayWrap }) => !mayWrap);
    const first = lines(
      pick(columns, isFirst),
      rows.map((row) => pick(row, isFirst)),
      width,
    );
    const isSecond = isFirst.map((is) => !is);
    const second = lines(
      pick(columns, isSecond),
      rows.map((row) => pick(row, isSecond)),
      width - INDENT.length,
    );
    return first.flatMap((line, index) => [line, INDENT + second[index]]).join('\n');
  }
}

function pick<T>(values: readonly T[], wanted: readonly boolean[]): T[] {
  return values.filter((_, index) => wanted[index]);
}

function leastWidth(columns: readonly Column[]): number {
  const widths = columns.map(({ width = MIN_FLEXIBLE }) => width + GAP);
  return widths.reduce((sum, width) => sum + width, -GAP);
}

/** A line each. */
function lines(
  columns: readonly Column[],
  rows: readonly Row[],
  width: number | undefined,
): string[] {
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    colWidths: width === undefined ? [] : widthsOf(columns, width),
    colAligns: columns.map(({ align = 'left' }) => align),
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** Each with the gap that follows it. */
function widthsOf(columns: readonly Column[], width: number): number[] {
  const fixed = columns.reduce((sum, column) => sum + (column.width ?? 0) + GAP, -GAP);
  const left = Math.max(MIN_FLEXIBLE, width - fixed);
  return columns.map((column) => (column.width ?? left) + GAP);
}

const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'middle'].flatMap((side) =>
    ['', '-mid', '-left', '-right'].map((part) => [side + part, '']),
  ),
);
