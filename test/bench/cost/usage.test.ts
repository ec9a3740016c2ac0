import { describe, expect, it } from 'vitest';
import {
  apiRequests,
  gbSeconds,
  logEventBytes,
  publishes,
  recordWrites,
  sum,
  times,
  totalUnits,
} from '../../../bench/cost/usage.ts';
import { INDEXES, marked, NOTHING, stored } from './records.ts';

describe('a record’s writes', () => {
  it('are put and mark, and what each does to the indexes', () => {
    const item = stored(10);
    const writes = recordWrites(item, marked(item), INDEXES);
    expect(writes).toEqual({
      put: { table: 1, indexes: { 'pending-index': 1, 'timeline-index': 1 } },
      mark: { table: 1, indexes: { 'pending-index': 1, 'timeline-index': 0 } },
    });
    expect(totalUnits(writes)).toBe(5);
    expect(totalUnits(writes, ['pending-index'])).toBe(4);
  });

  it('grow with the record, but not those of the indexes', () => {
    const item = stored(1_500);
    expect(totalUnits(recordWrites(item, marked(item), INDEXES))).toBe(7);
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
