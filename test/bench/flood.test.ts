import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { dayBill, refusedUsage } from '../../bench/flood/day-bill.ts';
import { dearest } from '../../bench/flood/dearest.ts';
import { type Flood, starve } from '../../bench/flood/starvation.ts';
import { PARAMETERS } from '../../infra/plugin/parameters.js';
import { packageDir } from '../helpers/local-stack.ts';
import { NOTHING } from './cost/records.ts';
import { rowsOf, runCommand } from './run-command.ts';

const FLOOD: Flood = {
  throttle: { rate: 100, burst: 200 },
  strangers: 300,
  spacingSeconds: 1,
  messages: 600,
  seed: '1',
};

describe('the simulated flood', () => {
  it('e-mails nothing while the throttle carries it', () => {
    expect(starve({ ...FLOOD, strangers: 50 })).toEqual({ emailed: 0, throttledShare: 0 });
  });

  it.each([
    [100, 1_000, 1],
    [100, 1_000, 60],
    [20, 100, 1],
  ])(
    'lets %d of %d requests a second through, whosever they are, every %d s',
    (rate, strangers, spacingSeconds) => {
      const flood = { ...FLOOD, throttle: { rate, burst: 200 }, strangers, spacingSeconds };
      const passing = rate / strangers;
      const { emailed, throttledShare } = starve({ ...flood, messages: 2_000 });
      expect(Math.abs(throttledShare - (1 - passing))).toBeLessThan(0.02);
      expect(Math.abs(emailed / 2_000 - (1 - passing) ** 10)).toBeLessThan(0.04);
    },
  );

  it('is decided by the seed', () => {
    const flood = { ...FLOOD, strangers: 1_000 };
    expect(starve(flood)).toEqual(starve(flood));
    expect(starve(flood)).not.toEqual(starve({ ...flood, seed: '2' }));
  });
});

describe('the bill of a day', () => {
  const usage = { ...NOTHING, writes: 10, recordBytes: 1_000 };
  const retention = { records: 90, logs: 30 };

  it('is that of every request that the throttle lets through, and what is kept is apart', () => {
    const bill = dayBill(usage, { rate: 10, burst: 200 }, retention, 'us-east-1');
    expect(bill.requests).toBe(864_200);
    expect(bill.spent).toBeCloseTo((864_200 * 10 * 0.625) / 1e6, 6);
    // Three months at 0.25 for the records and at 0.20 for their backup.
    expect(bill.kept).toBeCloseTo(864_200e-6 * 3 * 0.45, 6);
  });

  it('of requests without the token has no call of DynamoDB and SNS', () => {
    const message = { ...usage, apiRequests: 1, invocations: 1, publishes: 1, indexBytes: 1 };
    expect(refusedUsage(message, 0.5)).toEqual({
      ...NOTHING,
      apiRequests: 1,
      invocations: 1,
      gbSeconds: 0.5,
    });
  });

  it('counts the dearest message that is accepted: the form leaves no room for a dearer one', () => {
    const { text, fields } = dearest('id');
    expect([...text]).toHaveLength(10_000);
    expect(Buffer.byteLength(text)).toBe(40_000);
    expect(fields?.message_id).toHaveLength(128);
  });
});

describe('npm run flood', () => {
  const read = (file: string) => readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
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
      starved: rows.filter(([first]) => first?.startsWith(`${rate}, `)),
    }));
    const [printed, documented] = lines;
    // A few bytes more or less of a record are no reason to print the document anew.
    const bills = [printed, documented].map((line) => line?.bill?.slice(1).map(dollars) ?? []);
    expect(bills[0]).toHaveLength(3);
    for (const [index, usd] of (bills[0] ?? []).entries()) {
      expect(Math.abs(usd - (bills[1]?.[index] ?? 0)) / usd).toBeLessThan(0.1);
    }
    expect(printed?.starved).toHaveLength(2);
    expect(printed?.starved.map((row) => row.slice(0, 3))).toEqual(
      documented?.starved.map(([first, , , at100, at300]) => [first, at100, at300]),
    );
    const [, said = ''] = /US\$ ([\d,]+) a day at most/.exec(await read('docs/security.md')) ?? [];
    expect(dollars(said)).toBe(bills[1]?.[1]);
  }, 60_000);

  it('explains itself', async () => {
    expect(await runCommand('flood', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--strangers LIST'),
    });
  });

  it.each([
    [['--rates', '0'], '--rates takes whole numbers from 1 on'],
    [['--region', 'mars'], '--region takes ap-southeast-2 or us-east-1'],
  ])('refuses %j', async (args, said) => {
    expect(await runCommand('flood', ...args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(said),
    });
  });
});
