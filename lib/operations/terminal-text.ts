import { stripVTControlCharacters } from 'node:util';

/**
 * C0 and C1 controls but the line feed, what breaks lines without being one, and the overrides and
 * isolates that make a text look like another one: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
 */
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** An SMS is a stranger's text: made so that it cannot command the terminal. Keeps its line breaks. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
}

/** The same on one line. */
export function printableLine(text: string): string {
  return printable(text.replace(/\r?\n/g, ' ⏎ '));
}

/** What shows as a space, or as nothing that takes its room. */
const BLANK = '[\\p{White_Space}\\u115f\\u1160\\u2800\\u3164\\uffa0]';
const GAP = new RegExp(`${BLANK}(?:\\p{Default_Ignorable_Code_Point}*${BLANK})+`, 'gu');
const EACH_BLANK = new RegExp(BLANK, 'gu');

/** The same for a cell of a table: a gap in the text does not look like the gap between two cells. */
export function printableCell(text: string): string {
  return printableLine(text).replace(GAP, (gap) => '·'.repeat(gap.match(EACH_BLANK)?.length ?? 0));
}

/** Who sent a message, as a cell. */
export function senderLine(from: string): string {
  return printableCell(from) || '(withheld)';
}

/** The number that a message was sent to, as a cell. */
export function receiverLine(number: string): string {
  return printableCell(number) || '(unknown)';
}

/** The same for a name or value among others: in quotes, unless it is plain. */
export function printableWord(text: string): string {
  return /^[\w+./:@-]+$/.test(text) ? text : JSON.stringify(printableLine(text));
}

/**
 * A printable line in pieces that a terminal does not wrap, so that none begins where a line of ours does.
 * A character that is not ASCII may take two columns.
 *
 * @param width Columns of a piece; without it the line stays one.
 */
export function folded(line: string, width = Number.POSITIVE_INFINITY): string[] {
  const pieces: string[] = [];
  let piece = '';
  let room = width;
  for (const character of line) {
    const columns = character < '\x7f' ? 1 : 2;
    if (columns > room) {
      pieces.push(piece);
      piece = '';
      room = width;
    }
    piece += character;
    room -= columns;
  }
  return [...pieces, piece];
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
