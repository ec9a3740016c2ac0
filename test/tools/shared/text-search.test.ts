import { describe, expect, it } from 'vitest';
import { numberFinder, textFinder } from '../../../tools/shared/text-search.ts';

const finds = (stored: string, given: string) => numberFinder(given, 'AU')(stored);

describe('a sender', () => {
  it.each([
    ['+61412345678', '0412 345 678'],
    ['+61412345678', '412 345'],
    ['+61412345678', 'tel:0412345678'],
    ['+61412345678', '78'],
    ['MyBank', 'mybank'],
    ['MyBank', ' BANK '],
    ['My Bank', 'bank my'],
    ['Shop 24', '24'],
    ['Shop 24', 'shop 24'],
    ['0412345678;ext=5', 'EXT'],
    ['', ''],
    [' ', ''],
    ['', '  '],
    ['', 'withheld'],
    ['', '(Withheld)'],
  ])('%j is found by %j', (stored, given) => {
    expect(finds(stored, given)).toBe(true);
  });

  it.each([
    ['+61412345678', '0412 345 679'],
    ['+61412345678', '0412 678 345'],
    ['+61412345678', 'mybank'],
    ['MyBank', 'bank 24'],
    ['MyBank', 'my-bank'],
    // An empty text, such as an unset variable's, must not find everything.
    ['+61412345678', ''],
    ['MyBank', ' '],
    ['', 'with'],
    ['', 'unknown'],
    ['+61412345678', 'withheld'],
  ])('%j is not found by %j', (stored, given) => {
    expect(finds(stored, given)).toBe(false);
  });
});

describe('the places of a search', () => {
  const marked = (text: string, places: readonly { start: number; end: number }[]) =>
    places.map(({ start, end }) => text.slice(start, end));

  it.each([
    ['Two loaves, TWO rolls', 'two', ['Two', 'TWO']],
    ['Two loaves', 'loaves two', ['Two', 'loaves']],
    ['banana', 'ana nan', ['anan']],
    ['مرحبا بك', 'بك', ['بك']],
    ['Two loaves', '', []],
    ['Call 0412 345-678 or 04', '0412345678', ['0412 345-678']],
    ['Call +61 412 345 678', '0412 345 678', ['61 412 345 678']],
    // Its comparable form is longer, so the places would be wrong.
    ['İstanbul', 'stanbul', []],
  ])('in the text %j of %j are %j', (text, search, expected) => {
    expect(marked(text, textFinder(search, 'AU').inText(text))).toEqual(expected);
  });

  it.each([
    ['+61412345678', '0412 345 678', ['+61412345678']],
    ['+61412345678', '345', ['345']],
    ['+61412345678', '0412345678', ['+61412345678']],
    ['+61412345679', '0412 345 678', []],
    ['MyBank', 'bank', ['Bank']],
  ])('in the number %j of %j are %j', (number, search, expected) => {
    expect(marked(number, textFinder(search, 'AU').inNumber(number))).toEqual(expected);
  });
});
