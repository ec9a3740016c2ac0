import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { graphemesOf } from '../shared/terminal-text.ts';

const GAP = '  ';
const INDENT = '  ';
/** A narrower terminal has no room for an indent. */
const MIN_INDENTED = 10;
/** Of a column that takes what the others leave. */
const MIN_FLEXIBLE = 20;

export interface LaidOut {
  /** Columns of a terminal: what is longer is cut. Without it, the column takes what is left. */
  readonly width?: number;
  readonly align?: 'left' | 'right';
}

/** A column in its place. */
interface Placed {
  readonly index: number;
  readonly width: number;
  readonly align: 'left' | 'right';
}

/**
 * Lays out rows on a terminal: in one line each if it is wide enough, or in as many as it takes, all but
 * the first indented. No line is longer than the terminal.
 *
 * @returns What makes the lines of a row, which has a cell for each column.
 */
export function rowLayout(
  columns: readonly LaidOut[],
  terminalWidth: number,
): (cells: readonly string[]) => string[] {
  const indent = terminalWidth < MIN_INDENTED ? '' : INDENT;
  const lines = place(columns, terminalWidth, indent.length);
  return (cells) =>
    lines.map((line, number) => {
      const texts = line.map(({ index, width, align }) => fitted(cells[index] ?? '', width, align));
      return ((number === 0 ? '' : indent) + texts.join(GAP)).trimEnd();
    });
}

/** The columns of each line. */
function place(columns: readonly LaidOut[], terminalWidth: number, indent: number): Placed[][] {
  const lines: Placed[][] = [];
  let left = 0;
  for (const [index, { width = MIN_FLEXIBLE, align = 'left' }] of columns.entries()) {
    const line = lines.at(-1);
    if (line && GAP.length + width <= left) {
      line.push({ index, width, align });
      left -= GAP.length + width;
    } else {
      if (line) widen(line, columns, left);
      const room = Math.max(1, terminalWidth - (line ? indent : 0));
      lines.push([{ index, width: Math.min(width, room), align }]);
      left = Math.max(0, room - width);
    }
  }
  const last = lines.at(-1);
  if (last) widen(last, columns, left);
  return lines;
}

/** Gives the first flexible column what is left of the line. */
function widen(line: Placed[], columns: readonly LaidOut[], left: number): void {
  const at = line.findIndex(({ index }) => columns[index]?.width === undefined);
  const flexible = line[at];
  if (flexible) line[at] = { ...flexible, width: flexible.width + left };
}

function fitted(text: string, width: number, align: 'left' | 'right'): string {
  const shown = stringWidth(text) > width ? cut(text, width) : text;
  const padding = ' '.repeat(width - stringWidth(shown));
  return align === 'left' ? shown + padding : padding + shown;
}

/** Whole characters, and a sign that there are more. A colour would not end: it goes. */
function cut(text: string, width: number): string {
  let kept = '';
  let room = width - 1;
  for (const grapheme of graphemesOf(stripVTControlCharacters(text))) {
    room -= stringWidth(grapheme);
    if (room < 0) break;
    kept += grapheme;
  }
  return `${kept}…`;
}
