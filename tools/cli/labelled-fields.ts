import { folded, graphemesOf, oneLine, printable, printableWord } from '../shared/terminal-text.ts';
import type { Output } from './output.ts';
import { type Cell, shownIn, tabSeparated } from './table.ts';

export type Field = readonly [name: Cell, value: Cell];

const GAP = '  ';
/** The least columns for a text, even on a narrow terminal. */
const MIN_ROOM = 10;
/** Shown characters of a field's name. `--json` has the whole name. */
const MAX_NAME = 30;
/** Columns for the labels. A longer label moves only its own value. */
const MAX_LABELS = 28;

/**
 * Writes fields and then a text. Elsewhere than on a terminal, each is one line of a name and a value, and the text
 * comes last.
 *
 * @param text Printable; may have lines.
 */
export async function writeFields(
  fields: readonly Field[],
  text: string,
  output: Output,
): Promise<void> {
  if (output.isTerminal) return showFields(fields, text, output);
  await output.text([...fields, ['text', text]].map(tabSeparated).join('\n'));
}

/** Nothing of a sender can look like a field: only our lines begin at the left edge, and foreign names have our prefix. */
async function showFields(fields: readonly Field[], text: string, output: Output): Promise<void> {
  const widest = Math.max(...fields.map(([name]) => shownIn(name).length));
  for (const [name, cell] of fields) {
    const label = shownIn(name).padEnd(Math.min(widest, MAX_LABELS));
    const value = hanging(oneLine(shownIn(cell)), label.length + GAP.length, output.width);
    await output.text(`${output.style('bold', label)}${GAP}${value}`);
  }
  const lines = text.split('\n').map((line) => GAP + hanging(line, GAP.length, output.width));
  await output.text(`\n${lines.join('\n')}`);
}

/** Folds a line for a terminal of this width, and indents all but its first part. */
function hanging(line: string, indent: number, width: number | undefined): string {
  const room = width === undefined ? undefined : Math.max(MIN_ROOM, width - indent);
  return folded(line, room).join(`\n${' '.repeat(indent)}`);
}

/** A name that comes from the sender of a form, with our prefix: `extra.NAME`. */
export function nameOfTheirs(word: string, name: string): Cell {
  const characters = graphemesOf(name);
  const shown = characters.length > MAX_NAME ? `${characters.slice(0, MAX_NAME).join('')}…` : name;
  return { shown: `${word}.${printableWord(shown)}`, value: `${word}.${printable(name)}` };
}
