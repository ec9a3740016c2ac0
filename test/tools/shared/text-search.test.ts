import { describe, expect, it } from 'vitest';
import { numberFinder } from '../../../tools/shared/text-search.ts';

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
  ])('%j is found by %j', (stored, given) => {
    expect(finds(stored, given)).toBe(true);
  });

  it.each([
    ['+61412345678', '0412 345 679'],
    ['+61412345678', '0412 678 345'],
    ['+61412345678', 'mybank'],
    ['MyBank', 'bank 24'],
    ['MyBank', 'my-bank'],
    // An empty text, such as that of a variable that is not set, must not find all.
    ['+61412345678', ''],
    ['MyBank', ' '],
  ])('%j is not found by %j', (stored, given) => {
    expect(finds(stored, given)).toBe(false);
  });
});
