import { describe, expect, it } from 'vitest';
import { bundleWithout } from '../../../tools/bench/tricks/bundle.ts';
import { TRICKS } from '../../../tools/bench/tricks/tricks.ts';
import { packageDir } from '../../helpers/local-stack.ts';
import { rowsOf, runCommand } from './run-command.ts';

describe('npm run bench -- tricks', () => {
  it('compares the shipped bundle with the same without a trick', async () => {
    const [name = ''] = Object.keys(TRICKS);
    const { code, stdout, stderr } = await runCommand(
      'tricks',
      ...[name, '--package', packageDir(), '--runs', '1', '--warm', '1', '--batch', '5'],
    );
    expect(code, stderr).toBe(0);
    const [head = [], ...rows] = rowsOf(stdout);
    expect(head[0]).toBe('without');
    expect(rows.map(([without]) => without)).toEqual(['nothing', '(nothing)', name]);
    for (const row of rows) {
      expect(row).toHaveLength(head.length);
      for (const text of row.slice(1)) expect(text).toMatch(/^\d+\.\d+( \(\S+–\S+\))?$/);
    }
  }, 120_000);

  it.each([
    [['--help'], 0, ''],
    [['no-such-trick'], 1, 'There is no trick "no-such-trick"'],
    [['--runs', '0'], 1, 'takes whole numbers'],
  ])('answers %j', async (args, code, said) => {
    const ended = await runCommand('tricks', ...args);
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(said)]);
  });
});

it.each(Object.entries(TRICKS))('%s is still something to do without', async (_, trick) => {
  const [shipped, without] = [await bundleWithout({}), await bundleWithout(trick)];
  expect(Buffer.compare(without, shipped)).not.toBe(0);
});
