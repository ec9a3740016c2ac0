import { piecesOf } from './visible-text.ts';

/** A backslash that begins what looks like an escape of ours. */
const BEGINS_ESCAPE = /\\(?=x[\da-f]{2}|u[\da-f]{4}|u\{[\da-f]+\})/gi;

/**
 * An SMS is a stranger's text: made so that it cannot command the terminal, and that all of it is seen.
 * Each character that would not be is an escape of JavaScript: `\x1b`, `\u202e`, `\u{e0041}`. What looks
 * like one but was written so has `\x5c` for its backslash. Keeps the line feeds.
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

/** A printable text on one line: `⏎` is a line feed, and never the text's own. */
export function oneLine(printableText: string): string {
  return printableText.replaceAll('⏎', '\\u23ce').replaceAll('\n', ' ⏎ ');
}

/** A printable line whose spaces do not look like the gap between two cells: `·` is a space, and never the text's own. */
export function withoutGaps(printableLine: string): string {
  return printableLine.replace(/·|^ +| +$| {2,}/g, (match) =>
    match === '·' ? '\\xb7' : '·'.repeat(match.length),
  );
}

/** The same for a name or value among others: in quotes, unless it is plain. */
export function printableWord(text: string): string {
  return /^[\w+./:@-]+$/.test(text) ? text : `"${printableLine(text).replaceAll('"', '\\x22')}"`;
}

/** A value as JSON on one line, which means the same when it is read. */
export function printableJson(value: unknown): string {
  return piecesOf(JSON.stringify(value))
    .map((piece) => ('text' in piece ? piece.text : jsonEscaped(piece.unseen)))
    .join('');
}

const GRAPHEMES = new Intl.Segmenter();

/** What a reader takes for one character: a letter with its marks, an emoji of several. */
export function graphemesOf(text: string): string[] {
  return Array.from(GRAPHEMES.segment(text), ({ segment }) => segment);
}

/**
 * A printable line in pieces that a terminal does not wrap, so that none begins where a line of ours does.
 * A character that is not ASCII may take two columns, each part of an emoji as well. Whole characters stay
 * whole, unless one alone is wider.
 *
 * @param width Columns of a piece; without it the line stays one.
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

/** JSON's escapes are of UTF-16 units. */
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
