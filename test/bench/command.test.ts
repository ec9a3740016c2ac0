import { describe, expect, it } from 'vitest';
import { count, counts, positive, readOptions, word } from '../../bench/command.ts';

const OPTIONS = { n: count(3), list: counts([1, 2], 0), share: positive(0.5), seed: word('a') };

const read = (...args: string[]) => readOptions(OPTIONS, args);

describe('a command’s options', () => {
  it('are their defaults unless given', () => {
    expect(read()).toEqual({ n: 3, list: [1, 2], share: 0.5, seed: 'a' });
    expect(read('--n', '7', '--list=0,9', '--share', '2.5', '--seed', 'b-1')).toEqual({
      n: 7,
      list: [0, 9],
      share: 2.5,
      seed: 'b-1',
    });
  });

  it('ask for help', () => {
    expect(read('--help')).toBe('help');
    expect(read('-h', '--n', 'x')).toBe('help');
  });

  it.each([
    [['--n', '0'], '--n takes whole numbers from 1 on'],
    [['--n', '1.5'], '--n takes whole numbers'],
    [['--n', ''], '--n takes whole numbers'],
    [['--list', '1,,2'], '--list takes whole numbers from 0 on'],
    [['--share', '0'], '--share takes a number above 0'],
    [['--share', ''], '--share takes a number above 0'],
    [['--seed', 'a b'], '--seed takes letters'],
    [['--nonsense'], '--nonsense'],
    [['stray'], 'stray'],
  ])('refuse %j', (args, said) => expect(() => read(...args)).toThrow(said));
});
