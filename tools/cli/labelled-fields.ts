import { folded, graphemesOf, oneLine, printable, printableWord } from '../shared/terminal-text.ts';
import type { Output } from './output.ts';
import { type Cell, shownIn, tabSeparated } from './table.ts';

export type Field = readonly [name: Cell, value: Cell];

const GAP = '  ';
/** Columns for a text, however narrow the terminal is. */
const MIN_ROOM = 10;
/** Characters of a field's name: `--json` has all of them. */
const MAX_NAME = 30;
/** Columns for the labels; a longer one moves its own value only. */
const MAX_LABELS = 28;

/**
 * Writes fields and then a text: on a terminal for people, elsewhere a line for each name and its value, of
 * which the text is the last.
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

/** Only our lines begin at the left edge, and a name of the form begins with a word of ours. */
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

/** What follows an indent of so many columns, and keeps it on a terminal of this width. */
function hanging(line: string, indent: number, width: number | undefined): string {
  const room = width === undefined ? undefined : Math.max(MIN_ROOM, width - indent);
  return folded(line, room).join(`\n${' '.repeat(indent)}`);
}

/** A name that the sender of a form has chosen, behind a word of ours: `extra.NAME`. */
export function nameOfTheirs(word: string, name: string): Cell {
  const characters = graphemesOf(name);
  const shown = characters.length > MAX_NAME ? `${characters.slice(0, MAX_NAME).join('')}…` : name;
  return { shown: `${word}.${printableWord(shown)}`, value: `${word}.${printable(name)}` };
}
