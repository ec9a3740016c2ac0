/** A piece of a text: visible text, or one invisible character. */
type Piece = { readonly text: string } | { readonly unseen: string };

/**
 * Invisible characters, by Unicode properties. They show nothing or only a space, or change how others are
 * shown. `C` has controls, formats, surrogates, private and unassigned characters, `Z` spaces and
 * separators, `Default_Ignorable_Code_Point` fillers, selectors and tags. Then come the blanks that Unicode
 * calls letters and symbols. Excluded are the space, the line feed, and visible formats (signs of Arabic,
 * Syriac and Kaithi above or below a number).
 */
const UNSEEN =
  /[[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}]--[ \n\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]]/v;

/**
 * Joiners where a script shows them: the non-joiner between two Arabic letters that would join, and both
 * joiners beside an Indian script's virama. This follows RFC 5892, appendix A.1 and A.2, as domain names
 * do.
 */
const ARABIC_JOINING =
  '[\\u0620\\u0626\\u0628\\u062a-\\u062e\\u0633-\\u0647\\u0649\\u064a\\u066e\\u066f\\u0678-\\u0687\\u069a-\\u06bf\\u06c1\\u06c2\\u06cc\\u06ce\\u06d0\\u06d1\\u06fa-\\u06fc\\u06ff]';
const ARABIC_JOINED = '[[\\p{L}&&[\\u0620-\\u06ff]]--[\\u0621\\u0674]]';
const VIRAMA = '[\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d4d\\u0dca]';
const JOINER = [
  `(?<=${ARABIC_JOINING}\\p{M}*)\\u200c(?=${ARABIC_JOINED})`,
  `(?<=${VIRAMA})(?:\\u200d|\\u200c(?=\\p{L}))`,
  `(?<=\\p{L})\\u200d(?=${VIRAMA})`,
].join('|');

/**
 * A possible emoji of several characters: a joined one, a flag of tags, a keycap. Or an emoji's own
 * selector.
 */
const SEQUENCE =
  /\p{Emoji}[\u{1f3fb}-\u{1f3ff}\ufe0f]?(?:\u200d\p{Emoji}[\u{1f3fb}-\u{1f3ff}\ufe0f]?)+|\u{1f3f4}[\u{e0020}-\u{e007f}]+|[0-9#*]\ufe0f\u20e3/v;
const SELECTED = /[\p{Emoji}--[0-9#*]][\ufe0e\ufe0f]/v;
const ONE_EMOJI = /^\p{RGI_Emoji}$/v;
/** Many phones omit the selectors in a joined emoji. */
const WITHOUT_SELECTOR = /[\p{Emoji}--\p{Emoji_Presentation}](?![\u{1f3fb}-\u{1f3ff}\ufe0f])/gv;

const REST = `${SELECTED.source}|${JOINER}|(?<unseen>${UNSEEN.source})`;
const ALL = new RegExp(`(?<sequence>${SEQUENCE.source})|${REST}`, 'gv');
/** Slower, so used only for a sequence that is no emoji as a whole. */
const WITHIN_SEQUENCE = new RegExp(String.raw`\p{RGI_Emoji}|${REST}`, 'gv');

/**
 * A stranger's text in pieces. Each invisible character is its own piece, so that it can be shown. The
 * terminal and the console both use this list. Emoji stay as they are, and so do joiners that a script
 * shows.
 */
export function piecesOf(text: string): Piece[] {
  if (!UNSEEN.test(text)) return [{ text }];
  const pieces: Piece[] = [];
  let from = 0;
  for (const { unseen, index } of unseenIn(text)) {
    if (index > from) pieces.push({ text: text.slice(from, index) });
    pieces.push({ unseen });
    from = index + unseen.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

/** A character's code, such as `U+202E`. */
export function codeOf(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${hex.padStart(4, '0')}`;
}

interface Unseen {
  readonly unseen: string;
  readonly index: number;
}

function* unseenIn(text: string): Generator<Unseen> {
  for (const { 0: match, index, groups } of text.matchAll(ALL)) {
    if (groups?.unseen) yield { unseen: match, index };
    if (!groups?.sequence || isEmoji(match)) continue;
    for (const part of match.matchAll(WITHIN_SEQUENCE)) {
      if (part.groups?.unseen) yield { unseen: part[0], index: index + part.index };
    }
  }
}

function isEmoji(sequence: string): boolean {
  if (ONE_EMOJI.test(sequence)) return true;
  return ONE_EMOJI.test(sequence.replace(WITHOUT_SELECTOR, '$&\ufe0f'));
}
