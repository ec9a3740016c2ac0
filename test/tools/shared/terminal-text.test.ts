import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  folded,
  graphemesOf,
  oneLine,
  printable,
  printableJson,
  printableLine,
  printableWord,
  withoutGaps,
} from '../../../tools/shared/terminal-text.ts';
import { strangeText } from '../../fixtures/strange-text.ts';

/** Undoes escapes as docs/cli.md says: from left to right. */
function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([\da-f]{2})|u([\da-f]{4})|u\{([\da-f]+)\})/g,
    (_, byte, unit, point) => String.fromCodePoint(Number.parseInt(byte ?? unit ?? point, 16)),
  );
}

describe('a printable text', () => {
  it.each([
    ['colours', '\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
    ['titles', '\x1b]0;title\x07end', '\\x1b]0;title\\x07end'],
    ['C0 controls', 'a\x00\x08\t\rb\x7f', 'a\\x00\\x08\\x09\\x0db\\x7f'],
    ['C1 controls', 'a\x9b31mb\x85c\x9f', 'a\\x9b31mb\\x85c\\x9f'],
    ['what reorders text', 'a\u202eb\u2066c\u200f', 'a\\u202eb\\u2066c\\u200f'],
    ['other line separators', 'a\u2028b', 'a\\u2028b'],
    ['characters beyond the first plane', '\u{e0041}', '\\u{e0041}'],
    ['halves of a character', '\ud83d', '\\ud83d'],
  ])('shows %s, and cannot command the terminal', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('stays as it is if all is visible, with line breaks', () => {
    const text = 'Grüße 👩‍👩‍👧 שלום\nsecond line, C:\\users\\x';
    expect(printable(text)).toBe(text);
  });

  it.each([
    ['\\x1b', '\\x5cx1b'],
    ['\\u202E', '\\x5cu202E'],
    ['\\u{e0041}', '\\x5cu{e0041}'],
    ['\\\\x5cx1b', '\\\\x5cx5cx1b'],
    ['\\\x1b', '\\\\x1b'],
  ])('tells %j from an escape', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('shows what the text was', () => {
    fc.assert(
      fc.property(strangeText, (text) => {
        expect(unescaped(printable(text))).toBe(text);
        const line = printableLine(text);
        expect(line).not.toContain('\n');
        expect(unescaped(line.replaceAll(' ⏎ ', '\n'))).toBe(text);
        const cell = withoutGaps(line);
        expect(cell).not.toMatch(/^ | $| {2}/);
        expect(unescaped(cell.replaceAll('·', ' ').replaceAll(' ⏎ ', '\n'))).toBe(text);
      }),
    );
  });
});

describe('a line', () => {
  it('shows its breaks', () => {
    expect(printableLine('a\r\nb\nc\rd')).toBe('a\\x0d ⏎ b ⏎ c\\x0dd');
    expect(printableLine('a ⏎ b')).toBe('a \\u23ce b');
  });

  it.each([
    ['A shop', 'A shop'],
    ['a  b   c', 'a··b···c'],
    [' a ', '·a·'],
    ['a · b', 'a \\xb7 b'],
    ['a\nb', 'a ⏎ b'],
  ])('of a cell has no gap: %j', (text, shown) => {
    expect(withoutGaps(oneLine(text))).toBe(shown);
  });
});

it.each([
  ['+61400000001', '+61400000001'],
  ['inbound-sms/1', 'inbound-sms/1'],
  ['A shop', '"A shop"'],
  ['a=b', '"a=b"'],
  ['', '""'],
  ['a"\nb', '"a\\x22 ⏎ b"'],
  ['a\x1b', '"a\\x1b"'],
  ['ｓtate', '"ｓtate"'],
])('%j is the word %s', (text, shown) => {
  expect(printableWord(text)).toBe(shown);
});

it('JSON hides nothing, and has the same value', () => {
  expect(printableJson({ a: '\x1b\x9b\u202e\u{e0041}❤️' })).toBe(
    '{"a":"\\u001b\\u009b\\u202e\\udb40\\udc41❤️"}',
  );
  fc.assert(
    fc.property(strangeText, (text) => {
      expect(JSON.parse(printableJson({ text }))).toEqual({ text });
    }),
  );
});

describe('a folded line', () => {
  it('ends before the terminal would wrap it', () => {
    expect(folded('abcdefg', 3)).toEqual(['abc', 'def', 'g']);
    expect(folded('a漢b漢', 3)).toEqual(['a漢', 'b漢']);
    expect(folded('', 3)).toEqual(['']);
    expect(folded('x'.repeat(1_000))).toEqual(['x'.repeat(1_000)]);
  });

  it('has whole characters, if possible', () => {
    expect(folded('abe\u0301d', 4)).toEqual(['ab', 'e\u0301d']);
    expect(folded('a👍🏽b', 5)).toEqual(['a👍🏽', 'b']);
    expect(folded('👍🏽', 3)).toEqual(['👍', '🏽']);
    fc.assert(
      fc.property(strangeText, fc.integer({ min: 30, max: 40 }), (text, width) => {
        const line = printableLine(text);
        const pieces = folded(line, width);
        expect(pieces.join('')).toBe(line);
        expect(pieces.flatMap(graphemesOf)).toEqual(graphemesOf(line));
      }),
    );
  });
});
