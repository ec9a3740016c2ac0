import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DailyCounts, withEmptyDays } from '../../cli/daily-counts.ts';
import { barOf } from '../../cli/plot.ts';

describe('daily counts', () => {
  it('are per day and number, of the days where people are', () => {
    vi.stubEnv('TZ', 'Australia/Sydney');
    onTestFinished(() => void vi.unstubAllEnvs());
    const counts = new DailyCounts();
    for (const [time, number] of [
      ['2026-11-07T12:59:59Z', 'b'],
      ['2026-11-07T12:00:00Z', 'a'],
      ['2026-11-07T13:00:00Z', 'a'],
      ['2026-11-07T14:00:00Z', 'a'],
    ] as const) {
      counts.add(Date.parse(time), number);
    }
    expect(counts.perDay()).toEqual([
      { day: '2026-11-07', sms_number: 'a', messages: 1 },
      { day: '2026-11-07', sms_number: 'b', messages: 1 },
      { day: '2026-11-08', sms_number: 'a', messages: 2 },
    ]);
    expect(counts.perNumber()).toEqual([
      { sms_number: 'a', messages: 3 },
      { sms_number: 'b', messages: 1 },
    ]);
    expect(counts.total).toBe(4);
  });

  it('show the days on which nothing came', () => {
    const counts = ['2026-02-27', '2026-03-02'].map((day) => ({
      day,
      sms_number: 'a',
      messages: 1,
    }));
    const until = new Date(2026, 2, 4).getTime();
    const days = withEmptyDays(counts, until).map(({ day, messages }) => [day, messages]);
    expect(days).toEqual([
      ['2026-02-27', 1],
      ['2026-02-28', 0],
      ['2026-03-01', 0],
      ['2026-03-02', 1],
      ['2026-03-03', 0],
      ['2026-03-04', 0],
    ]);
    expect(withEmptyDays([], until)).toEqual([]);
  });
});

describe('a bar', () => {
  it.each([
    [0, 10, ''],
    [10, 10, '████'],
    [5, 10, '██'],
    [1, 10, '▍'],
    [1, 1_000_000, '▏'],
    [0, 0, ''],
  ])('of %d of %d', (value, max, bar) => {
    expect(barOf(value, max, 4)).toBe(bar);
  });
});
