import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { barOf, DailyCounts, everyDay } from '../../../tools/cli/commands/stats.ts';

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

  describe('of every day', () => {
    const days = (since: string, until: string, ...counted: string[]) =>
      everyDay(
        counted.map((day) => ({ day, sms_number: 'a', messages: 1 })),
        { since: Date.parse(since), until: Date.parse(until) },
      ).map(({ day, messages }) => [day, messages]);

    it('show those on which nothing came, at the edges as well', () => {
      const counted = days('2026-02-26T09:00', '2026-03-04T09:00', '2026-02-27', '2026-03-02');
      expect(counted).toEqual([
        ['2026-02-26', 0],
        ['2026-02-27', 1],
        ['2026-02-28', 0],
        ['2026-03-01', 0],
        ['2026-03-02', 1],
        ['2026-03-03', 0],
        ['2026-03-04', 0],
      ]);
      expect(days('2026-03-01T00:00', '2026-03-03T00:00')).toEqual([
        ['2026-03-01', 0],
        ['2026-03-02', 0],
      ]);
      expect(days('2026-03-03T00:00', '2026-03-01T00:00')).toEqual([]);
    });

    it('have each day once, be it of 23 or of 25 hours', () => {
      vi.stubEnv('TZ', 'Australia/Sydney');
      onTestFinished(() => void vi.unstubAllEnvs());
      const forward = days('2026-10-03T23:59', '2026-10-06T00:00').map(([day]) => day);
      expect(forward).toEqual(['2026-10-03', '2026-10-04', '2026-10-05']);
      const back = days('2026-04-04T00:00', '2026-04-06T23:59').map(([day]) => day);
      expect(back).toEqual(['2026-04-04', '2026-04-05', '2026-04-06']);
    });
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
