import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../lib/aws/message-item.ts';
import {
  type Counts,
  entriesOf,
  INDEXES,
  itemBytes,
  messageUsage,
  peersOf,
  serviceOf,
  sweepUsage,
  workOf,
  writesOf,
} from '../../../tools/bench/cost/count.ts';
import { billOf, type Charge, times, total } from '../../../tools/bench/cost/prices.ts';
import { metricNames, report } from '../../../tools/bench/cost.ts';
import { packageDir } from '../../helpers/local-stack.ts';
import { rowsOf, runCommand } from './run-command.ts';

/** A record as the put leaves it, with a text of so many bytes; and the same as the mark leaves it. */
const stored = (bodyLength: number): Item => ({
  message_id: { S: 'a' },
  from: { S: 'somebody' },
  body: { S: 'x'.repeat(bodyLength) },
  pending_shard: { S: '0' },
  timeline_shard: { S: '0' },
  received_at: { N: '1790000000000' },
});
const marked = ({ pending_shard, ...item }: Item): Item => ({ ...item, expires_at: { N: '1' } });
const units = (item: Item) => [...writesOf({}, item), ...writesOf(item, marked(item))];

const usd = (charges: readonly Charge[]) =>
  Object.fromEntries(charges.map(({ what, usd: price }) => [what, price]));

describe('prices', () => {
  it('are by amount and region, and free up to the free tier', () => {
    expect(usd(billOf({ writes: 4e6 }, 'us-east-1')).writes).toBeCloseTo(2.5, 10);
    expect(usd(billOf({ writes: 4e6 }, 'ap-southeast-2')).writes).toBeCloseTo(2.846, 10);
    const above = (alarmMetrics: number) => total(billOf({ alarmMetrics }, 'us-east-1'));
    expect(above(12).aboveFreeTier).toBeCloseTo(0.2, 10);
    expect(above(10).aboveFreeTier).toBe(0);
  });

  it('make a bill with a line for everything used', () => {
    const used = { apiRequests: 1e6, gbSeconds: 0, writes: 4e6, publishes: 1e6, logGb: 2 };
    const bill = billOf(used, 'us-east-1');
    const expected = { apiRequests: 1, gbSeconds: 0, writes: 2.5, publishes: 0.5, logGb: 1 };
    expect(usd(bill)).toEqual(expected);
    expect(total(bill).usd).toBeCloseTo(5, 10);
    const labels = bill.map(({ label }) => label);
    expect(labels).toContain('API Gateway: requests');
    expect(labels).toContain('Logs: taken in');
  });

  it('charge what is kept by the month, and indexes have no backup', () => {
    const bill = billOf({ tableKept: 3 * 3, backupKept: 3 }, 'us-east-1');
    expect(total(bill).usd).toBeCloseTo(2.25 + 0.6, 10);
  });

  it('charge a standing stack', () => {
    const standing = { alarmMetrics: 12, dashboards: 1, customMetrics: 6, kmsRequests: 30_000 };
    const bill = billOf(standing, 'ap-southeast-2');
    expect(total(bill).usd).toBeCloseTo(1.2 + 3 + 1.8 + 0.09, 10);
    expect(total(bill).aboveFreeTier).toBeCloseTo(0.2 + 0.03, 10);
  });

  it('are for so many times the same, and more', () => {
    const one = { writes: 4, logGb: 10 };
    expect(times(3, one)).toEqual({ writes: 12, logGb: 30 });
    expect(times(1, one, { writes: 1, reads: 2 })).toEqual({ writes: 5, logGb: 10, reads: 2 });
  });
});

describe('an item’s size', () => {
  it.each<[string, Item, number]>([
    ['a text: name and UTF-8', { ab: { S: 'xyz' } }, 5],
    ['Chinese: three bytes a character', { a: { S: '短' } }, 4],
    ['an emoji: four bytes', { a: { S: '🙂' } }, 5],
    ['a number: half a byte a digit and one more', { n: { N: '1234' } }, 4],
    ['an odd number of digits', { n: { N: '12345' } }, 5],
    ['zeros at either end do not count', { n: { N: '1790000000' } }, 4],
    ['zero', { n: { N: '0' } }, 2],
    ['several attributes', { ab: { S: 'xyz' }, n: { N: '12' } }, 8],
  ])('%s', (_, item, bytes) => expect(itemBytes(item)).toBe(bytes));

  it('is not guessed for a type that records do not have', () => {
    expect(() => itemBytes({ flag: { BOOL: true } })).toThrow('flag');
  });

  it.each([
    [[1], 1],
    [[1_024], 1],
    [[1_025], 2],
    [[100, 2_049], 3],
  ])('%j bytes are %d write units of the table', (sizes, expected) => {
    const [before, after = before] = sizes.map(
      (size): Item => ({ a: { S: 'x'.repeat(size - 1) } }),
    );
    expect(writesOf(before ?? {}, after ?? {})[0]).toBe(expected);
  });
});

describe('an index', () => {
  const item = stored(2_000);

  it('is as infra/table.js defines it', async () => {
    const template = `${packageDir()}/cloudformation-template-update-stack.json`;
    const { Resources } = JSON.parse(await readFile(template, 'utf8'));
    const { KeySchema, GlobalSecondaryIndexes } = Resources.MessagesTable.Properties;
    type Keys = { AttributeName: string }[];
    const names = (keys: Keys) => keys.map(({ AttributeName }) => AttributeName);
    type Defined = { IndexName: string; KeySchema: Keys; Projection: { NonKeyAttributes?: [] } };
    const defined = GlobalSecondaryIndexes.map((index: Defined) => [
      index.IndexName,
      [
        ...names(index.KeySchema),
        ...names(KeySchema),
        ...(index.Projection.NonKeyAttributes ?? []),
      ],
    ]);
    expect(Object.entries(INDEXES)).toEqual(defined);
  });

  it('holds of an item what it projects, if the item has its keys', () => {
    expect(entriesOf(item)[0]).toEqual({
      message_id: { S: 'a' },
      pending_shard: { S: '0' },
      received_at: { N: '1790000000000' },
    });
    expect(entriesOf(marked(item))[0]).toEqual({});
  });

  it.each<[string, Item, Item, number]>([
    ['an entry is made', {}, item, 1],
    ['an entry is removed', item, marked(item), 1],
    ['there is none before or after', marked(item), marked(item), 0],
    ['none of its attributes change', item, { ...item, body: { S: 'y' } }, 0],
  ])('is written when %s', (_, before, after, expected) => {
    expect(writesOf(before, after)[1]).toBe(expected);
  });

  it('is written once when an attribute changes that is no key, by the larger size', () => {
    const renamed = { ...item, from: { S: 'y'.repeat(1_500) } };
    expect(writesOf(item, renamed)[2]).toBe(2);
  });

  it('has five writes with those of the record, more for a longer one, the indexes as many', () => {
    expect(units(stored(10))).toEqual([1, 1, 1, 1, 1, 0]);
    expect(units(stored(1_500))).toEqual([2, 1, 1, 2, 1, 0]);
  });
});

const LINE = JSON.stringify({
  _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: 'Published' }, { Name: 'Duration' }] }] },
});
const SWEEP_LINE = JSON.stringify({
  _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: 'Pending' }] }] },
});
const MESSAGE = {
  ...{ name: 'one', calls: 3, formBytes: 300, notificationBytes: 500, logLine: LINE },
  ...{ stored: stored(10), marked: marked(stored(10)) },
  ...{ put: [1, 1, 1], mark: [1, 1, 0] },
};
const SERVICE = {
  ...{ memoryMb: 512, sweeperMemoryMb: 256, recordDays: 90, logDays: 30 },
  ...{ alarmMetrics: 10, dashboards: 1, accessLogBytes: 0 },
};

describe('what a message uses', () => {
  it('has what others write and log in the webhook’s place', () => {
    const { ours, floor, powertools, naive } = peersOf(MESSAGE);
    expect([ours, floor, powertools, naive].map(({ units: each }) => each)).toEqual([5, 4, 3, 1]);
    const [, timeline = {}] = entriesOf(MESSAGE.marked);
    expect(ours.indexBytes).toBe(itemBytes(timeline) + 100);
    expect(ours.recordBytes).toBe(itemBytes(MESSAGE.marked) + 100);
    expect(floor.indexBytes).toBe(0);
    expect(ours.logBytes).toBe(LINE.length + 26);
    expect([floor.logBytes, naive.logBytes]).toEqual([0, 0]);
  });

  it('counts what AWS counts as one, GB-seconds, and the bytes of log events', () => {
    const work = workOf({ ...MESSAGE, logLine: 'é' });
    const usage = (bytes: number) =>
      messageUsage({ ...work, formBytes: bytes, notificationBytes: bytes }, 40, SERVICE);
    expect([0, 1, 524_288, 524_289].map((bytes) => usage(bytes).apiRequests)).toEqual([1, 1, 1, 2]);
    expect([0, 65_536, 65_537].map((bytes) => usage(bytes).publishes)).toEqual([0, 1, 2]);
    expect(usage(1).gbSeconds).toBeCloseTo(0.02, 10);
    // Two bytes and the overhead of one event; Lambda's three.
    expect(usage(1).logGb).toBeCloseTo((28 + 264 + 3 * 26) / 1e9, 15);
    const withAccess = messageUsage(work, 40, { ...SERVICE, accessLogBytes: 27 });
    expect(withAccess.logGb).toBeCloseTo((28 + 264 + 3 * 26 + 27) / 1e9, 15);
  });

  it('names the metrics of a line', () => {
    expect(metricNames(LINE)).toEqual(['Published', 'Duration']);
    expect(metricNames('{}')).toEqual([]);
  });
});

describe('the report', () => {
  it('adds a month up: standing, sweeps and messages', () => {
    const sweep = { logLine: SWEEP_LINE, queries: 16 };
    const counts: Counts = { service: SERVICE, messages: [MESSAGE], sweep };
    const text = report(counts, 'us-east-1', 40, 150, 500);
    const rows = rowsOf(text);
    const idle = rows.slice(rows.findIndex(([, second]) => second === 'amount'));
    const amount = (label: string) => idle.find(([name]) => name === label)?.[1];
    expect(amount('Lambda: invocations')).toBe('43,800');
    expect(amount('DynamoDB: reads')).toBe('350,400');
    expect(amount('Lambda: time')).toBe('1,643');
    expect(amount('Custom metrics that sweeps send')).toBe('1.000');
    expect(amount('API Gateway: requests')).toBeUndefined();
    expect(sweepUsage(sweep, 150, SERVICE).reads).toBe(8);

    const months = rows.slice(-5).map((row) => row.map((cell) => Number(cell.replaceAll(',', ''))));
    const [none, , , million] = months;
    const aMillion = times(1e6, messageUsage(workOf(MESSAGE), 40, SERVICE));
    const cost = total(billOf(aMillion, 'us-east-1')).usd;
    // Two more metrics are sent when messages come.
    expect(million?.[1]).toBeCloseTo((none?.[1] ?? 0) + cost + 2 * 0.3, 1);
    expect(rows.find(([name]) => name === 'one')?.at(-1)).toBe(cost.toFixed(2));
  });
});

describe('the report of a subscriber', () => {
  const deliveryOf = (message: typeof MESSAGE) => {
    const sweep = { logLine: SWEEP_LINE, queries: 16 };
    const counts: Counts = { service: SERVICE, messages: [message], sweep };
    const rows = rowsOf(report(counts, 'us-east-1', 40, 150, 500));
    const head = rows.find((row) => row.includes('units of the mark')) ?? [];
    const cells = rows[rows.indexOf(head) + 1] ?? [];
    return Object.fromEntries(head.map((name, index) => [name, cells[index]]));
  };

  it('has a publish and an e-mail for `email`', () => {
    const { US$: each, '`email`': email } = deliveryOf(MESSAGE);
    expect(Number(email) - Number(each)).toBeCloseTo(20.5, 5);
  });

  it('has a read unit for each 4 KB begun of the record', () => {
    expect(deliveryOf(MESSAGE)['read units']).toBe('1');
    const long = { ...MESSAGE, marked: marked(stored(10_000)) };
    expect(deliveryOf(long)['read units']).toBe('3');
  });

  it('has what SNS scans for a filter on the body', () => {
    const message = { ...MESSAGE, notificationBytes: 1_000 };
    expect(deliveryOf(message)['filter on the body']).toBe('0.09');
  });
});

describe('the template', () => {
  const of = (Type: string, Properties: object) => ({ Type, Properties: Properties as never });

  it('says what is billed of it', () => {
    const Resources = {
      Fn: of('AWS::Lambda::Function', {
        MemorySize: 512,
        Environment: { Variables: { RETENTION_DAYS: '90' } },
      }),
      Sweeper: of('AWS::Lambda::Function', { MemorySize: 256 }),
      Group: of('AWS::Logs::LogGroup', { RetentionInDays: 30 }),
      Plain: of('AWS::CloudWatch::Alarm', { MetricName: 'A' }),
      Other: of('AWS::CloudWatch::Alarm', { MetricName: 'B' }),
      Board: of('AWS::CloudWatch::Dashboard', {}),
      Stage: of('AWS::ApiGatewayV2::Stage', {
        AccessLogSettings: { Format: '$context.httpMethod $context.unknown' },
      }),
    };
    expect(serviceOf({ Resources })).toEqual({
      ...{ memoryMb: 512, sweeperMemoryMb: 256, recordDays: 90, logDays: 30 },
      ...{ alarmMetrics: 2, dashboards: 1, accessLogBytes: 1 + 74 + 26 },
    });
  });

  it('without a function is none', () => {
    expect(() => serviceOf({ Resources: {} })).toThrow('no function');
  });
});

/** A few bytes more or less of a record or a line are no reason to print the document anew. */
function expectNearly(documented: string[][], printed: string[][]): void {
  const numberOf = (cell: string) => Number(cell.replaceAll(',', ''));
  for (const [index, row] of printed.entries()) {
    for (const [column, cell] of row.entries()) {
      const said = documented[index]?.[column] ?? '';
      const now = numberOf(cell);
      if (Number.isNaN(now)) expect(said).toBe(cell);
      else expect(Math.abs(now - numberOf(said)), row.join(' ')).toBeLessThan(0.05 * now + 0.01);
    }
  }
}

describe('npm run bench -- cost', () => {
  it('counts what the shipped bundle does, and prices it', async () => {
    const { code, stdout, stderr } = await runCommand(
      'cost',
      ...['--ms', '80', '--sweep-ms', '300', '--package', packageDir()],
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/Lambda bills 80 ms at 512 MB for a message and\n300 ms for a sweep/);
    const rows = rowsOf(stdout);
    const typical = rows.find(([name]) => name?.startsWith('typical'));
    expect(typical?.[1]).toBe('3');
    expect(typical?.slice(3, 6)).toEqual(['1 + 1 + 1', '1 + 1 + 0', '5']);
    const price = (usage: object) => total(billOf(usage, 'ap-southeast-2')).usd.toFixed(2);
    expect(rows.find(([name]) => name === 'DynamoDB: writes')?.slice(1)).toEqual(
      [5, 4, 3, 1].map((writes) => price({ writes: writes * 1e6 })),
    );
    // A million messages of 80 ms, and a month's sweeps of 300 ms, at half a GB.
    const [aMillion, aMonth] = rows.filter(([name]) => name === 'Lambda: time');
    expect(aMillion?.[1]).toBe(price({ gbSeconds: 40_000 }));
    expect(aMonth?.[1]).toBe('6,570');
    expect(rows.filter(([name]) => name === 'total')).toHaveLength(2);
    expect(stdout).toContain('An idle sweep makes 16 queries.');
  });

  it('prints what docs/cost.md says', async () => {
    const { code, stdout, stderr } = await runCommand('cost', '--package', packageDir());
    expect(code, stderr).toBe(0);
    const text = await readFile(new URL('../../../docs/cost.md', import.meta.url), 'utf8');
    const [, section = ''] = text.split('\n## What the command printed\n');
    const printed = rowsOf(stdout);
    expect(printed.length).toBeGreaterThan(30);
    expectNearly(rowsOf(section), printed);
    // The page begins with the bills of a month.
    expectNearly(rowsOf(text).slice(1), printed.slice(-5));
  }, 60_000);

  it('explains itself', async () => {
    expect(await runCommand('cost', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--region'),
    });
  });

  it.each([
    [['--region', 'mars'], 'Allowed choices are ap-southeast-2, us-east-1'],
    [['--ms', '0'], 'It takes a number above 0'],
    [['--package', '/nowhere'], '/nowhere'],
  ])('refuses %j', async (args, said) => {
    expect(await runCommand('cost', ...args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(said),
    });
  });
});
