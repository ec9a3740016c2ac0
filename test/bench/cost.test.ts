import { describe, expect, it } from 'vitest';
import { priceOf } from '../../bench/cost/prices.ts';
import { packageDir } from '../helpers/local-stack.ts';
import { rowsOf, runCommand } from './run-command.ts';

describe('npm run cost', () => {
  it('counts what the shipped bundle does, and prices it', async () => {
    const { code, stdout, stderr } = await runCommand(
      'cost',
      ...['--ms', '80', '--sweep-ms', '300', '--package', packageDir()],
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^80 ms at 512 MB for a message and 300 ms for a sweep/m);
    const rows = rowsOf(stdout);
    const typical = rows.find(([name]) => name?.startsWith('typical'));
    expect(typical?.[1]).toBe('3');
    expect(typical?.slice(-3)).toEqual(['1 + 1 + 1 (1)', '1 + 1 + 0 (1)', '5']);
    const units = [5, 4, 3, 1].map((count) => count * 1_000_000);
    expect(rows.find(([name]) => name === 'DynamoDB: writes')?.slice(1)).toEqual(
      units.map((count) => priceOf('dynamodbWrites', count, 'ap-southeast-2').toFixed(2)),
    );
    // A million messages of 80 ms, and a month's sweeps of 300 ms, at half a GB.
    const [aMillion, aMonth] = rows.filter(([name]) => name === 'Lambda: time');
    expect(aMillion?.[1]).toBe(priceOf('lambdaGbSeconds', 40_000, 'ap-southeast-2').toFixed(2));
    expect(aMonth?.[1]).toBe('6,570');
    expect(rows.filter(([name]) => name === 'total')).toHaveLength(2);
    expect(stdout).toContain('An idle sweep makes 16 queries.');
  });

  it('explains itself', async () => {
    expect(await runCommand('cost', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--region'),
    });
  });

  it.each([
    [['--region', 'mars'], '--region takes ap-southeast-2 or us-east-1'],
    [['--ms', '0'], '--ms takes a number above 0'],
    [['--package', '/nowhere'], '/nowhere'],
  ])('refuses %j', async (args, said) => {
    expect(await runCommand('cost', ...args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(said),
    });
  });
});
