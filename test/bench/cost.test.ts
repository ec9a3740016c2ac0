import { describe, expect, it } from 'vitest';
import { billOf, standingCharges, total } from '../../bench/cost/bill.ts';
import { indexEntry, itemBytes, writeUnits } from '../../bench/cost/item-size.ts';
import { measuredCost, metricNames } from '../../bench/cost/measured-cost.ts';
import type { ObservedMessage } from '../../bench/cost/observe.ts';
import { usageOf } from '../../bench/cost/peers.ts';
import { confirmedPrices, priceAboveFreeTier, priceOf, REGIONS } from '../../bench/cost/prices.ts';
import { billedTemplate } from '../../bench/cost/service-template.ts';
import {
  apiRequests,
  gbSeconds,
  logEventBytes,
  publishes,
  recordWrites,
  sum,
  times,
  totalUnits,
  type Usage,
} from '../../bench/cost/usage.ts';
import type { Item } from '../../lib/message-item.ts';
import { packageDir } from '../helpers/local-stack.ts';
import { rowsOf, runCommand } from './run-command.ts';

const NOTHING: Usage = {
  apiRequests: 0,
  invocations: 0,
  gbSeconds: 0,
  writes: 0,
  reads: 0,
  publishes: 0,
  logBytes: 0,
  storedBytes: 0,
};

const stored = (bodyLength: number): Item => ({
  message_id: { S: 'a' },
  body: { S: 'x'.repeat(bodyLength) },
  pending_shard: { S: '0' },
  received_at: { N: '1790000000000' },
});
const marked = ({ pending_shard, ...item }: Item): Item => ({ ...item, expires_at: { N: '1' } });

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
    [[0], 1],
    [[1_024], 1],
    [[1_025], 2],
    [[100, 2_049], 3],
  ])('%j bytes are %d write units', (sizes, units) => expect(writeUnits(...sizes)).toBe(units));
});

describe('a record’s writes', () => {
  it('are put, mark, and the index entry in and out', () => {
    const item = stored(10);
    expect(recordWrites(item, marked(item))).toEqual({
      put: { table: 1, index: 1 },
      mark: { table: 1, index: 1 },
    });
    expect(totalUnits(recordWrites(item, marked(item)))).toBe(4);
  });

  it('grow with the record, but not with the index entry', () => {
    const item = stored(2_000);
    expect(recordWrites(item, marked(item))).toEqual({
      put: { table: 2, index: 1 },
      mark: { table: 2, index: 1 },
    });
  });

  it('touch the index only if the record enters and leaves it', () => {
    const item = stored(10);
    expect(recordWrites(item, item).mark.index).toBe(0);
    const never = marked(item);
    expect(recordWrites(never, never)).toMatchObject({ put: { index: 0 }, mark: { index: 0 } });
    expect(indexEntry(item, ['pending_shard', 'nothing'])).toBeUndefined();
  });
});

describe('what counts as one', () => {
  it('request of API Gateway and publish of SNS', () => {
    expect([0, 1, 512 * 1_024, 512 * 1_024 + 1].map(apiRequests)).toEqual([1, 1, 1, 2]);
    expect([0, 65_536, 65_537].map(publishes)).toEqual([1, 1, 2]);
  });

  it('GB-second, and log event', () => {
    expect(gbSeconds(40, 512)).toBeCloseTo(0.02, 10);
    expect(logEventBytes('é')).toBe(28);
  });

  it('sum and multiple of usage', () => {
    const one = { ...NOTHING, writes: 4, logBytes: 10 };
    expect(times(3, one)).toEqual({ ...NOTHING, writes: 12, logBytes: 30 });
    expect(sum(one, { ...NOTHING, writes: 1, reads: 2 })).toEqual({ ...one, writes: 5, reads: 2 });
  });
});

describe('prices', () => {
  it('are by amount, and free up to the free tier', () => {
    expect(priceOf('dynamodbWrites', 4_000_000, 'us-east-1')).toBeCloseTo(2.5, 10);
    expect(priceAboveFreeTier('alarmMetrics', 12, 'us-east-1')).toBeCloseTo(0.2, 10);
    expect(priceAboveFreeTier('alarmMetrics', 10, 'us-east-1')).toBe(0);
  });

  it.each(REGIONS)('say of each figure for %s where it is from', (region) => {
    const { read, known } = confirmedPrices(region);
    expect(read + known).toBeGreaterThan(15);
  });
});

describe('a bill', () => {
  const retention = { records: 90, logs: 30 };

  it('has a line for everything used', () => {
    const bill = billOf(
      { ...NOTHING, apiRequests: 1e6, writes: 4e6, publishes: 1e6, logBytes: 2e9 },
      retention,
      'us-east-1',
    );
    const usd = Object.fromEntries(bill.map((charge) => [charge.name, charge.usd]));
    expect(usd).toMatchObject({
      'API Gateway: requests': 1,
      'DynamoDB: writes': 2.5,
      'SNS: publishes': 0.5,
      'Logs: taken in': 1,
      'Lambda: time': 0,
    });
    // Logs are kept for a month: 2 GB at 0.03.
    expect(total(bill).usd).toBeCloseTo(1 + 2.5 + 0.5 + 1 + 0.06, 10);
  });

  it('charges what is kept for as long as it is kept', () => {
    const bill = billOf({ ...NOTHING, storedBytes: 1e9 }, retention, 'us-east-1');
    // A GB for three months, at 0.25 and 0.20.
    expect(total(bill).usd).toBeCloseTo(1.35, 10);
  });

  it('of a standing stack', () => {
    const standing = { alarmMetrics: 12, dashboards: 1, customMetrics: 6, kmsRequests: 30_000 };
    const bill = standingCharges(standing, 'ap-southeast-2');
    expect(total(bill).usd).toBeCloseTo(1.2 + 3 + 1.8 + 0.09, 10);
    expect(total(bill).aboveFreeTier).toBeCloseTo(0.2 + 0.03, 10);
  });
});

describe('the template', () => {
  const of = (Type: string, Properties: object) => ({ Type, Properties: Properties as never });

  it('says what is billed of it', () => {
    const metric = { MetricStat: {}, ReturnData: false };
    const Resources = {
      Fn: of('AWS::Lambda::Function', {
        MemorySize: 512,
        Environment: { Variables: { RETENTION_DAYS: '90' } },
      }),
      Group: of('AWS::Logs::LogGroup', { RetentionInDays: 30 }),
      Plain: of('AWS::CloudWatch::Alarm', { MetricName: 'A' }),
      Sum: of('AWS::CloudWatch::Alarm', { Metrics: [{ Expression: 'a + b' }, metric, metric] }),
      Board: of('AWS::CloudWatch::Dashboard', {}),
      Stage: of('AWS::ApiGatewayV2::Stage', {
        AccessLogSettings: { Format: '$context.httpMethod $context.unknown' },
      }),
    };
    expect(billedTemplate({ Resources })).toEqual({
      memoryMb: 512,
      retention: { records: 90, logs: 30 },
      alarmMetrics: 3,
      dashboards: 1,
      accessLogLine: 'POST -',
    });
  });

  it('without a function is none', () => {
    expect(() => billedTemplate({ Resources: {} })).toThrow('no function');
  });
});

const LINE = JSON.stringify({
  _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: 'Published' }, { Name: 'Duration' }] }] },
});
const SWEEP_LINE = JSON.stringify({
  _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: 'Pending' }] }] },
});

const MESSAGE: ObservedMessage = {
  name: 'one',
  operations: ['PutItem', 'Publish', 'UpdateItem'],
  bodyBytes: 300,
  notificationBytes: 500,
  stored: stored(10),
  marked: marked(stored(10)),
  writes: { put: { table: 1, index: 1 }, mark: { table: 1, index: 1 } },
  emulatorUnits: [1, 1],
  logLine: LINE,
};

describe('the measured cost', () => {
  const surroundings = { milliseconds: 40, memoryMb: 512, accessLogLine: undefined };
  const usage = (peer: Parameters<typeof usageOf>[0]) => usageOf(peer, MESSAGE, surroundings);

  it('counts each peer’s writes and log lines', () => {
    expect(
      (['ours', 'floor', 'powertools', 'naive'] as const).map((peer) => usage(peer).writes),
    ).toEqual([4, 4, 3, 1]);
    expect(usage('ours').logBytes - usage('floor').logBytes).toBe(logEventBytes(LINE));
    expect(usage('naive').logBytes).toBe(usage('floor').logBytes);
    expect(usageOf('floor', MESSAGE, { ...surroundings, accessLogLine: 'x' }).logBytes).toBe(
      usage('floor').logBytes + 27,
    );
  });

  it('names the metrics of a line', () => {
    expect(metricNames(LINE)).toEqual(['Published', 'Duration']);
    expect(metricNames('{}')).toEqual([]);
  });

  it('adds a month up: standing, sweeps and messages', () => {
    const cost = measuredCost(
      {
        messages: [MESSAGE],
        sweep: { operations: ['Query'], readUnits: 8, logLine: SWEEP_LINE },
      },
      {
        memoryMb: 512,
        retention: { records: 90, logs: 30 },
        alarmMetrics: 10,
        dashboards: 1,
        accessLogLine: undefined,
      },
      { region: 'us-east-1', milliseconds: 40, sweepMilliseconds: 150 },
    );
    const idle = Object.fromEntries(cost.idle.map((charge) => [charge.name, charge.amount]));
    expect(idle).toMatchObject({
      'Lambda: invocations': 43_800,
      'DynamoDB: reads': 43_800 * 8,
      'Lambda: time': 43_800 * 0.15 * 0.5,
      'Custom metrics that sweeps send': 1,
      'API Gateway: requests': 0,
    });
    const [none, , , million] = cost.months;
    expect(none?.usd).toBeCloseTo(total(cost.idle).usd, 10);
    // Two more metrics are sent when messages come.
    expect(million?.usd).toBeCloseTo(
      (none?.usd ?? 0) + total(cost.perMillion.ours.bill).usd + 2 * 0.3,
      8,
    );
    expect(cost.bySample).toEqual([{ name: 'one', usd: total(cost.perMillion.ours.bill).usd }]);
  });
});

describe('npm run cost', () => {
  it('counts what the shipped bundle does, and prices it', async () => {
    const { code, stdout, stderr } = await runCommand('cost', '--package', packageDir());
    expect(code, stderr).toBe(0);
    const rows = rowsOf(stdout);
    const typical = rows.find(([name]) => name?.startsWith('typical'));
    expect(typical?.[1]).toBe('3');
    expect(typical?.slice(-3)).toEqual(['1 + 1 (1)', '1 + 1 (1)', '4']);
    expect(rows.find(([name]) => name === 'DynamoDB: writes')?.[1]).toBe('2.85');
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
