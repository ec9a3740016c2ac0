import { expect, it } from 'vitest';
import {
  folded,
  printable,
  printableCell,
  printableLine,
  printableWord,
} from '../../../lib/operations/terminal-text.ts';

it.each([
  ['colours and titles', '\x1b[31mred\x1b[0m \x1b]0;title\x07end', 'red end'],
  ['C0 controls', 'a\x00\x08\t\rb\x7f', 'a\\x00\\x08\\x09\\x0db\\x7f'],
  ['C1 controls', 'a\x9b31mb\x85c\x9f', 'ab\\x85c\\x9f'],
  ['what reorders text', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
  ['other line separators', 'a\u2028b', 'a\\u2028b'],
])('%s cannot command the terminal', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});

it('a text stays as it is, line breaks as well', () => {
  const text = 'Grüße 👩‍👩‍👧 שלום\nsecond line';
  expect(printable(text)).toBe(text);
});

it('on one line, a break is shown', () => {
  expect(printableLine('a\r\nb\nc\rd')).toBe('a ⏎ b ⏎ c\\x0dd');
});

it.each([
  ['A shop', 'A shop'],
  ['a  b   c', 'a··b···c'],
  ['a \u200b\u3000b', 'a··b'],
  ['a\u2800\u3164b', 'a··b'],
  ['a\nb', 'a ⏎ b'],
])('%j is a cell without a gap', (text, shown) => {
  expect(printableCell(text)).toBe(shown);
});

it.each([
  ['+61400000001', '+61400000001'],
  ['inbound-sms/1', 'inbound-sms/1'],
  ['A shop', '"A shop"'],
  ['a=b', '"a=b"'],
  ['', '""'],
  ['a"\nb', '"a\\" ⏎ b"'],
  ['ｓtate', '"ｓtate"'],
])('%j is the word %s', (text, shown) => {
  expect(printableWord(text)).toBe(shown);
});

it('a line is folded before the terminal would', () => {
  expect(folded('abcdefg', 3)).toEqual(['abc', 'def', 'g']);
  expect(folded('a漢b漢', 3)).toEqual(['a漢', 'b漢']);
  expect(folded('', 3)).toEqual(['']);
  expect(folded('x'.repeat(1_000))).toEqual(['x'.repeat(1_000)]);
});
