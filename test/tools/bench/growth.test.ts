import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { fromItem } from '../../../lib/aws/message-item.ts';
import { fillTable } from '../../../tools/bench/stored-records.ts';
import { startDynalite } from '../../helpers/dynalite-table.ts';
import { packageDir } from '../../helpers/local-stack.ts';
import { rowsOf, runCommand } from './run-command.ts';

const folders = async () =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('inbound-sms-table-')).sort();

describe('a table', () => {
  it.each([
    ['published', false],
    ['pending', true],
  ] as const)('is filled with records that are %s', async (kind, isPending) => {
    await using tables = await startDynalite();
    const TableName = await tables.create();
    await fillTable(tables.client, TableName, 60, kind);
    const { Items = [] } = await tables.client.send(new ScanCommand({ TableName }));
    expect(Items).toHaveLength(60);
    for (const item of Items) {
      expect(fromItem(item).published_at === undefined).toBe(isPending);
      expect(item.pending_shard !== undefined).toBe(isPending);
      expect(item.expires_at === undefined).toBe(isPending);
    }
  });
});

describe('npm run bench -- growth', () => {
  it('times posts, sweeps and commands on tables of each size, and leaves nothing behind', async () => {
    const before = await folders();
    const { code, stdout, stderr } = await runCommand(
      'growth',
      ...['--stored', '0,50', '--pending', '30', '--posts', '2', '--sweeps', '0,12'],
      ...['--rounds', '1', '--package', packageDir()],
    );
    expect(code, stderr).toBe(0);
    const all = rowsOf(stdout);
    const commands = all.slice(0, 7);
    expect(commands.map(([command, stored, lines]) => [command, stored, lines])).toEqual([
      ['command', 'stored', 'lines written'],
      ['list', '0', '0'],
      ['list', '50', '50'],
      ['stats', '0', '2'],
      ['stats', '50', '2'],
      ['export', '0', '0'],
      ['export', '50', '50'],
    ]);
    for (const figures of commands.slice(1).map((row) => row.slice(3))) {
      expect(figures).toHaveLength(2);
      for (const text of figures) expect(text).toMatch(/^[1-9][\d,]* \(\d+\.\d\dx\)$/);
    }
    const rows = all.slice(7);
    expect(rows.slice(0, 4).map(([stored, pending]) => [stored, pending])).toEqual([
      ['stored', 'pending'],
      ['0', '0'],
      ['50', '0'],
      ['0', '30'],
    ]);
    expect(rows[1]?.at(-1)).toBe('1.00x');
    expect(rows.slice(4).map(([first]) => first)).toEqual(['pending', '0', '12']);
    expect(rows[4]).toEqual(['pending', '0 stored', '50 stored']);
    expect(await folders()).toEqual(before);
  }, 180_000);

  it('explains itself', async () => {
    expect(await runCommand('growth', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--stored <list>'),
    });
  });

  it('refuses what it does not take', async () => {
    expect(await runCommand('growth', '--posts', 'many')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/--posts.*takes whole numbers/),
    });
  });
});
