import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf, piecesOf } from '../../../tools/shared/visible-text.ts';
import { strangeText } from '../../fixtures/strange-text.ts';

const shown = (text: string) =>
  piecesOf(text)
    .map((piece) => ('text' in piece ? piece.text : `<${codeOf(piece.unseen)}>`))
    .join('');

describe('a text in pieces', () => {
  it.each([
    ['plain text', 'Hello,\n world'],
    ['nothing', ''],
    ['letters of any script', 'Grüße שלום سلام 漢字 नमस्ते'],
    ['an emoji of several', '👩‍👩‍👧'],
    ['an emoji of several without its selectors', '🤷🏼‍♂ 👁‍🗨'],
    ['a flag of tags', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ['a keycap', '1️⃣'],
    ['an emoji with its selector', '❤️ ☺︎ ©️ 👍️'],
    ['a non-joiner between Arabic letters that would join', 'می‌خواهم'],
    ['joiners beside a virama', 'क्‍ष क्‌ष র‍্যাব'],
    ['the signs of Arabic that do show', '\u06dd\u0600'],
    ['markup', '<img src=x onerror=alert(1)>'],
  ])('stays as it is: %s', (_, text) => {
    expect(piecesOf(text)).toEqual([{ text }]);
  });

  it.each([
    ['a control', 0x00, 0x09],
    ['a control after the line feed', 0x0b, 0x1f],
    ['a control of the upper half', 0x7f, 0x9f],
    ['a no-break space', 0xa0, 0xa0],
    ['a soft hyphen', 0xad, 0xad],
    ['a grapheme joiner', 0x34f, 0x34f],
    ['an unassigned character', 0x378, 0x379],
    ['an Arabic letter mark', 0x61c, 0x61c],
    ['a Hangul filler', 0x115f, 0x1160],
    ['a space of Ogham', 0x1680, 0x1680],
    ['a vowel of Khmer that is not written', 0x17b4, 0x17b5],
    ['a selector of Mongolian', 0x180b, 0x180f],
    ['a space of another width, a joiner or a mark of direction', 0x2000, 0x200f],
    ['a separator, an embedding or an override', 0x2028, 0x202f],
    ['a mathematical space, an operator or an isolate', 0x205f, 0x206f],
    ['a blank of Braille', 0x2800, 0x2800],
    ['an ideographic space', 0x3000, 0x3000],
    ['another Hangul filler', 0x3164, 0x3164],
    ['a lone surrogate', 0xd800, 0xdfff],
    ['a private character', 0xe000, 0xf8ff],
    ['a selector', 0xfe00, 0xfe0f],
    ['a byte order mark', 0xfeff, 0xfeff],
    ['a narrow Hangul filler', 0xffa0, 0xffa0],
    ['an annotation', 0xfff0, 0xfffb],
    ['no character', 0xfffe, 0xffff],
    ['a blank hieroglyph', 0x13441, 0x13442],
    ['a Khitan filler', 0x16fe4, 0x16fe4],
    ['an empty notehead', 0x1d159, 0x1d159],
    ['a control of music', 0x1d173, 0x1d17a],
    ['a tag', 0xe0000, 0xe007f],
    ['another selector', 0xe0100, 0xe01ef],
    ['a private character beyond', 0xf0000, 0x10ffff],
  ])('shows %s', (_, first, last) => {
    for (const code of [first, Math.floor((first + last) / 2), last]) {
      const character = String.fromCodePoint(code);
      expect(piecesOf(`a${character}b`)).toEqual([
        { text: 'a' },
        { unseen: character },
        { text: 'b' },
      ]);
    }
  });

  it.each([
    ['a joiner between letters', 'pay\u200dpal', 'pay<U+200D>pal'],
    ['a non-joiner after an Arabic letter that joins nothing', 'دختر\u200cها', 'دختر<U+200C>ها'],
    ['two non-joiners', 'می\u200c\u200cخ', 'می<U+200C><U+200C>خ'],
    ['a joiner between emoji that make none', '😀\u200d😀', '😀<U+200D>😀'],
    ['a joiner after an emoji of several', '👩‍👩‍👧\u200d💻', '👩‍👩‍👧<U+200D>💻'],
    ['a second selector', '❤\ufe0f\ufe0f', '❤\ufe0f<U+FE0F>'],
    ['a selector at a digit', '1\ufe0f2', '1<U+FE0F>2'],
    ['a selector at a letter', 'a\ufe0f', 'a<U+FE0F>'],
    ['tags that make no flag', '🏴\u{e0061}\u{e007f}', '🏴<U+E0061><U+E007F>'],
    ['a text in tags', 'hi\u{e0068}\u{e0069}', 'hi<U+E0068><U+E0069>'],
  ])('shows %s', (_, text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('leaves nothing out, and has no invisible character in its texts', () => {
    // Valid within an emoji or a word, as in the cases above.
    const inOthers = /[ \n]|\u200c|\u200d|\ufe0e|\ufe0f|[\u{e0020}-\u{e007f}]/gu;
    const unseen = /\p{C}|\p{Z}|\p{Default_Ignorable_Code_Point}|\u2800/u;
    const signs = /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/gu;
    fc.assert(
      fc.property(strangeText, (text) => {
        const pieces = piecesOf(text);
        expect(pieces.map((piece) => ('text' in piece ? piece.text : piece.unseen)).join('')).toBe(
          text,
        );
        for (const piece of pieces) {
          if ('text' in piece)
            expect(piece.text.replace(inOthers, '').replace(signs, '')).not.toMatch(unseen);
        }
      }),
    );
  });
});

it.each([
  ['a', 'U+0061'],
  ['\u202e', 'U+202E'],
  ['\u{e0041}', 'U+E0041'],
  ['\ud800', 'U+D800'],
])('the code of %j is %s', (character, code) => {
  expect(codeOf(character)).toBe(code);
});
