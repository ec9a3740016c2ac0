import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guarded, unguarded } from '../../../tools/archive/spreadsheet-guard.ts';

describe('a text in a spreadsheet file', () => {
  it.each([
    ...['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\ttext', '\rtext', '\ntext'],
    ...[
      ' =1',
      '\u00a0=1',
      '\u200b=1',
      '\ufeff=1',
      '"=1',
      '＝1+1',
      '＋1',
      '－1',
      '＠SUM(A1)',
      '−1+x',
    ],
    ...['\u0000=1', '\u0001=1', '-cmd', '-5+cmd|x', '- 5', '=', '@'],
  ])('is guarded if it starts a formula: %j', (text) => {
    expect(guarded(text)).toBe(`'${text}`);
  });

  it.each([
    ['a;=1+1', "a;'=1+1"],
    ['a;"=1+1"', `a;'"=1+1"`],
    ['a\n=1', "a\n'=1"],
    ['a\r\n =1', "a\r\n' =1"],
    ['a\t@x', "a\t'@x"],
    ...['\n', '\r', '\t'].map((start) => [`${start}=1`, `'${start}'=1`]),
    ['a;\t＝1;-2', "a;\t'＝1;'-2"],
  ])('is guarded where a spreadsheet with other settings would split it: %j', (text, cell) => {
    expect(guarded(text)).toBe(cell);
  });

  it.each([
    ...['+61412345678', '+61 412 345 678', '0412345678', '(02) 9999 9999', '61412345678', '007'],
    ...['123456789', '1/2', '2026-11-07', '10:30', '1E5', '-5.5', '3.14', '50%', '０４１２'],
  ])('is guarded if it would become another number or a date: %j', (text) => {
    expect(guarded(text)).toBe(`'${text}`);
  });

  it.each([
    ...[
      '',
      ' ',
      'Test Message',
      'a=1',
      'a -5',
      "'",
      "''",
      "'tis",
      'See you; bye',
      'a\nb',
      '{"a":"b"}',
    ],
    ...['-5', '4711', '12345678', '0', "'-5", '297abf7f-99d9-4b7d-9c46-1d7c13687b11', '...'],
  ])('is not guarded if it stays as it is: %j', (text) => {
    expect(guarded(text)).toBe(text);
    expect(unguarded(text)).toBe(text);
  });

  it('comes back unchanged', () => {
    const piece = fc.constantFrom(
      ...[
        "'",
        "''",
        '=',
        '＝',
        '+',
        '-',
        '－',
        '@',
        ';',
        ',',
        '"',
        '\t',
        '\r',
        '\n',
        ' ',
        '\u200b',
      ],
      ...['\u0000', '5', '61412345678', 'e', 'word'],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (text) => {
        expect(unguarded(guarded(text))).toBe(text);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each(['\n', '; ', "'", '"\t'])('takes no longer when it is full of %j', (gap) => {
    const text = gap.repeat(500_000);
    const begin = performance.now();
    expect(unguarded(guarded(text))).toBe(text);
    expect(performance.now() - begin).toBeLessThan(2_000);
  });
});
