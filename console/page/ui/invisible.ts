/** A piece of a text: as it is, or a character that must not have its effect. */
export type Piece = { readonly text: string } | { readonly code: string };

/**
 * Controls but tab and line breaks, line and paragraph separators, what is there and cannot be seen, and
 * the overrides, embeddings and isolates that make a text look like another one:
 * https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
 * Not the joiners (U+200C, U+200D), which scripts and emoji need.
 */
const INVISIBLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/;
const ALL = new RegExp(INVISIBLE, 'g');

/** A stranger's text in pieces, with the invisible characters told by their code, as `U+202E`. */
export function piecesOf(text: string): Piece[] {
  if (!INVISIBLE.test(text)) return [{ text }];
  const pieces: Piece[] = [];
  let from = 0;
  for (const { 0: character, index } of text.matchAll(ALL)) {
    if (index > from) pieces.push({ text: text.slice(from, index) });
    pieces.push({ code: codeOf(character) });
    from = index + 1;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

/** A character's code, as `U+202E`. */
export function codeOf(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${hex.padStart(4, '0')}`;
}
