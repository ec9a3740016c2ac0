import { describe, expect, it } from 'vitest';
import { total } from '../../../bench/cost/bill.ts';
import { measuredCost, metricNames } from '../../../bench/cost/measured-cost.ts';
import type { ObservedMessage } from '../../../bench/cost/observe.ts';
import { usageOf } from '../../../bench/cost/peers.ts';
import { keptIndexBytes, logEventBytes, recordWrites } from '../../../bench/cost/usage.ts';
import { INDEXES, marked, stored } from './records.ts';

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
  writes: recordWrites(stored(10), marked(stored(10)), INDEXES),
  emulatorUnits: [1, 1],
  logLine: LINE,
};

describe('the measured cost', () => {
  const surroundings = {
    milliseconds: 40,
    memoryMb: 512,
    accessLogLine: undefined,
    indexes: INDEXES,
  };
  const usage = (peer: Parameters<typeof usageOf>[0]) => usageOf(peer, MESSAGE, surroundings);

  it('counts each peer’s writes and log lines', () => {
    expect(
      (['ours', 'floor', 'powertools', 'naive'] as const).map((peer) => usage(peer).writes),
    ).toEqual([5, 4, 3, 1]);
    expect(usage('ours').indexBytes).toBe(keptIndexBytes(MESSAGE.marked, INDEXES));
    expect(usage('floor').indexBytes).toBe(0);
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
        sweeperMemoryMb: 256,
        retention: { records: 90, logs: 30 },
        indexes: INDEXES,
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
      'Lambda: time': 43_800 * 0.15 * 0.25,
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
