import { expect, it } from 'vitest';
import { printable, printableLine } from '../../../lib/operations/terminal-text.ts';

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
