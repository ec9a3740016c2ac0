import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { PARAMETERS } from '../../../infra/plugin/parameters.js';
import {
  dayBill,
  dearest,
  emailedShare,
  quarantineUsage,
  refused,
} from '../../../tools/bench/flood.ts';
import { packageDir } from '../../helpers/local-stack.ts';
import { rowsOf, runCommand } from './run-command.ts';

describe('the share of messages that are e-mailed', () => {
  it('is none while the throttle carries the flood', () => {
    expect(emailedShare(100, 50)).toBe(0);
    expect(emailedShare(100, 100)).toBe(0);
  });

  it.each([
    [100, 1_000, 0.3487],
    [20, 100, 0.1074],
  ])('is what ten attempts at %d a second leave in a flood of %d', (rate, flood, share) => {
    expect(emailedShare(rate, flood)).toBeCloseTo(share, 4);
  });
});

describe('the bill of a day', () => {
  it('is that of every request that the throttle lets through, and what is kept is apart', () => {
    // Three months of 1,000 bytes.
    const usage = { writes: 10, tableKept: 3e-6, backupKept: 3e-6 };
    const { spent, kept } = dayBill(usage, 10, 200, 'us-east-1');
    expect(spent).toBeCloseTo((864_200 * 10 * 0.625) / 1e6, 6);
    // At 0.25 for the records and at 0.20 for their backup.
    expect(kept).toBeCloseTo(864_200e-6 * 3 * 0.45, 6);
  });

  it('of requests without the token has no call of DynamoDB and SNS', () => {
    const bytes = {
      formBytes: 1,
      notificationBytes: 1,
      recordBytes: 1,
      indexBytes: 1,
      logBytes: 1,
    };
    expect(refused({ ...bytes, units: 5 })).toEqual({
      ...{ formBytes: 1, notificationBytes: 0, recordBytes: 0, indexBytes: 0, logBytes: 1 },
      units: 0,
    });
  });

  it('of refused requests that are kept ends at the limit of a day', async () => {
    const { spent, kept } = dayBill(quarantineUsage(), 0, 1, 'ap-southeast-2');
    const security = await readFile(new URL('../../../docs/security.md', import.meta.url), 'utf8');
    expect(security).toContain(`US$ ${spent.toFixed(2)} a day`);
    expect(security).toContain(`US$ ${kept.toFixed(2)} for`);
  });

  it('counts the dearest message that is accepted: the form leaves no room for a dearer one', () => {
    const { text, fields } = dearest();
    expect([...text]).toHaveLength(10_000);
    expect(Buffer.byteLength(text)).toBe(40_000);
    expect(fields?.message_id).toHaveLength(128);
  });
});

describe('npm run bench -- flood', () => {
  const read = (file: string) => readFile(new URL(`../../../${file}`, import.meta.url), 'utf8');
  const dollars = (cell = '') => Number(/^[\d,]+/.exec(cell)?.[0].replaceAll(',', ''));

  it('prints what the documents say of the default throttle', async () => {
    const [rate, burst] = ['throttleRate', 'throttleBurst'].map(
      (name) => PARAMETERS[name]?.fallback,
    );
    const options = ['--rates', String(rate), '--burst', String(burst), '--strangers', '100,300'];
    const { code, stdout, stderr } = await runCommand(
      'flood',
      ...options,
      '--package',
      packageDir(),
    );
    expect(code, stderr).toBe(0);
    const lines = [rowsOf(stdout), rowsOf(await read('docs/scale.md'))].map((rows) => ({
      bill: rows.find(([first, ...cells]) => first === String(rate) && / \(/.test(cells[0] ?? '')),
      starved: rows.find(
        ([first, ...cells]) => first === String(rate) && !/ \(/.test(cells[0] ?? ''),
      ),
    }));
    const [printed, documented] = lines;
    // A few bytes more or less of a record are no reason to print the document anew.
    const bills = [printed, documented].map((line) => line?.bill?.slice(1).map(dollars) ?? []);
    expect(bills[0]).toHaveLength(3);
    for (const [index, usd] of (bills[0] ?? []).entries()) {
      expect(Math.abs(usd - (bills[1]?.[index] ?? 0)) / usd).toBeLessThan(0.1);
    }
    const [, , , at100, at300] = documented?.starved ?? [];
    expect(printed?.starved).toEqual([String(rate), at100, at300]);
    const [, said = ''] = /US\$ ([\d,]+) a day at most/.exec(await read('docs/security.md')) ?? [];
    expect(dollars(said)).toBe(bills[1]?.[1]);
  }, 60_000);

  it('explains itself', async () => {
    expect(await runCommand('flood', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--strangers <list>'),
    });
  });

  it.each([
    [['--rates', '0'], 'It takes whole numbers from 1 on'],
    [['--region', 'mars'], 'Allowed choices are ap-southeast-2, us-east-1'],
  ])('refuses %j', async (args, said) => {
    expect(await runCommand('flood', ...args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(said),
    });
  });
});
