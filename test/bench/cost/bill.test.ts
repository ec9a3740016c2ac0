import { describe, expect, it } from 'vitest';
import { billOf, standingCharges, total } from '../../../bench/cost/bill.ts';
import {
  confirmedPrices,
  priceAboveFreeTier,
  priceOf,
  REGIONS,
} from '../../../bench/cost/prices.ts';
import { NOTHING } from './records.ts';

describe('prices', () => {
  it('are by amount and region, and free up to the free tier', () => {
    expect(priceOf('dynamodbWrites', 4_000_000, 'us-east-1')).toBeCloseTo(2.5, 10);
    expect(priceOf('dynamodbWrites', 4_000_000, 'ap-southeast-2')).toBeCloseTo(2.846, 10);
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
    const usage = { ...NOTHING, recordBytes: 1e9, indexBytes: 2e9 };
    // Three GB for three months at 0.25, and of these one at 0.20: indexes are not backed up.
    expect(total(billOf(usage, retention, 'us-east-1')).usd).toBeCloseTo(2.25 + 0.6, 10);
  });

  it('of a standing stack', () => {
    const standing = { alarmMetrics: 12, dashboards: 1, customMetrics: 6, kmsRequests: 30_000 };
    const bill = standingCharges(standing, 'ap-southeast-2');
    expect(total(bill).usd).toBeCloseTo(1.2 + 3 + 1.8 + 0.09, 10);
    expect(total(bill).aboveFreeTier).toBeCloseTo(0.2 + 0.03, 10);
  });
});
