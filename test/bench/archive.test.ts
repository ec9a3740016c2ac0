import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { packageDir } from '../helpers/local-stack.ts';
import { rowsOf, runCommand } from './run-command.ts';

const folders = async () =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('inbound-sms-archive-')).sort();

describe('npm run archive', () => {
  it('measures each command on tables of each size, and leaves nothing behind', async () => {
    const before = await folders();
    const { code, stdout, stderr } = await runCommand(
      'archive',
      ...['--stored', '30,80', '--runs', '1', '--package', packageDir()],
    );
    expect(code, stderr).toBe(0);
    const rows = rowsOf(stdout);
    expect(rows.map(([command, stored, lines]) => [command, stored, lines])).toEqual([
      ['command', 'stored', 'lines written'],
      ['list', '30', '30'],
      ['list', '80', '50'],
      ['stats', '30', '1'],
      ['stats', '80', '1'],
      ['export', '30', '30'],
      ['export', '80', '80'],
    ]);
    for (const figures of rows.slice(1).map((row) => row.slice(3))) {
      expect(figures).toHaveLength(2);
      for (const text of figures) expect(text).toMatch(/^[1-9][\d,]* \(\d+\.\d\dx\)$/);
    }
    expect(await folders()).toEqual(before);
  }, 90_000);

  it('explains itself', async () => {
    expect(await runCommand('archive', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--stored LIST'),
    });
  });
});
