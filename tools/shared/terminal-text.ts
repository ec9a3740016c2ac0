import { piecesOf } from './visible-text.ts';

/** A backslash that begins what looks like one of our escapes. */
const BEGINS_ESCAPE = /\\(?=x[\da-f]{2}|u[\da-f]{4}|u\{[\da-f]+\})/gi;

/**
 * Makes a stranger's text safe for the terminal, and every character visible. Invisible characters become
 * JavaScript escapes: `\x1b`, `\u202e`, `\u{e0041}`. A text that already looks like an escape gets `\x5c`
 * for its backslash. Line feeds stay.
 */
export function printable(text: string): string {
  return piecesOf(text.replace(BEGINS_ESCAPE, '\\x5c'))
    .map((piece) => ('text' in piece ? piece.text : escaped(piece.unseen)))
    .join('');
}

/** The same on one line. */
export function printableLine(text: string): string {
  return oneLine(printable(text));
}

/** A printable text on one line. `⏎` always means a line feed: one in the text itself is escaped. */
export function oneLine(printableText: string): string {
  return printableText.replaceAll('⏎', '\\u23ce').replaceAll('\n', ' ⏎ ');
}

/** A printable line whose spaces do not look like a gap between cells. `·` always means a space. */
export function withoutGaps(printableLine: string): string {
  return printableLine.replace(/·|^ +| +$| {2,}/g, (match) =>
    match === '·' ? '\\xb7' : '·'.repeat(match.length),
  );
}

/** A printable name or value, in quotes unless it is plain. */
export function printableWord(text: string): string {
  return /^[\w+./:@-]+$/.test(text) ? text : `"${printableLine(text).replaceAll('"', '\\x22')}"`;
}

/** A value as JSON on one line. Reading it gives the same value. */
export function printableJson(value: unknown): string {
  return piecesOf(JSON.stringify(value))
    .map((piece) => ('text' in piece ? piece.text : jsonEscaped(piece.unseen)))
    .join('');
}

const GRAPHEMES = new Intl.Segmenter();

/** The characters as a reader sees them, such as a letter with its marks, or an emoji of several parts. */
export function graphemesOf(text: string): string[] {
  return Array.from(GRAPHEMES.segment(text), ({ segment }) => segment);
}

/**
 * Splits a printable line into pieces that a terminal does not wrap, so that no piece begins where our own
 * lines begin. A character that is not ASCII may take two columns, as may each part of an emoji. A
 * character is split only if it alone is too wide.
 *
 * @param width Columns of a piece. Without it, the line stays whole.
 */
export function folded(line: string, width = Number.POSITIVE_INFINITY): string[] {
  const pieces: string[] = [];
  let piece = '';
  let room = width;
  for (const part of unbreakable(line, width)) {
    const columns = mostColumns(part);
    if (columns > room) {
      pieces.push(piece);
      piece = '';
      room = width;
    }
    piece += part;
    room -= columns;
  }
  return [...pieces, piece];
}

function unbreakable(line: string, width: number): readonly string[] {
  if (width === Number.POSITIVE_INFINITY) return [line];
  return graphemesOf(line).flatMap((grapheme) =>
    mostColumns(grapheme) > width ? [...grapheme] : grapheme,
  );
}

function mostColumns(text: string): number {
  return [...text].reduce((sum, character) => sum + (character < '\x7f' ? 1 : 2), 0);
}

/** A JSON escape stands for one UTF-16 unit. */
function jsonEscaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}
