import { Command } from '@commander-js/extra-typings';
import { describe, expect, it } from 'vitest';
import { benchCommand, count, counts, positive, seed } from '../../../tools/bench/command.ts';

const read = (...args: string[]) =>
  new Command()
    .addOption(count('--n <n>', 'a number', 3))
    .addOption(counts('--list <list>', 'numbers', [1, 2], 0))
    .addOption(positive('--share <n>', 'above 0', 0.5))
    .addOption(seed('what decides it'))
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .parse(args, { from: 'user' })
    .opts();

describe('a command’s options', () => {
  it('are their defaults unless given', () => {
    expect(read()).toEqual({
      n: 3,
      list: [1, 2],
      share: 0.5,
      seed: expect.stringMatching(/^\d+$/),
    });
    expect(read('--n', '7', '--list=0,9', '--share', '2.5', '--seed', 'b-1')).toEqual({
      n: 7,
      list: [0, 9],
      share: 2.5,
      seed: 'b-1',
    });
  });

  it('explain themselves, with their defaults', () => {
    const help = benchCommand('Measures it.')
      .addOption(counts('--list <list>', 'numbers', [1, 2], 0))
      .helpInformation();
    expect(help).toContain('Measures it.');
    expect(help).toContain('--list <list>  numbers (default: 1,2)');
  });

  it.each([
    [['--n', '0'], "'--n <n>' argument '0' is invalid. It takes whole numbers from 1 on"],
    [['--n', '1.5'], 'It takes whole numbers'],
    [['--n', ''], 'It takes whole numbers'],
    [['--list', '1,,2'], 'It takes whole numbers from 0 on'],
    [['--share', '0'], 'It takes a number above 0'],
    [['--share', ''], 'It takes a number above 0'],
    [['--seed', 'a b'], 'It takes letters'],
    [['--nonsense'], '--nonsense'],
    [['stray'], 'too many arguments'],
  ])('refuse %j', (args, said) => expect(() => read(...args)).toThrow(said));
});
