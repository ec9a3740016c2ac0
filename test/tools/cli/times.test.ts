import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { localDay, localTime, parsePeriod } from '../../../tools/cli/times.ts';

const NOW = Date.parse('2026-11-07T10:30:00Z');

function inZone(zone: string): void {
  vi.stubEnv('TZ', zone);
  onTestFinished(() => void vi.unstubAllEnvs());
}
const iso = ({ start, end }: { start: number; end: number }) =>
  [start, end].map((time) => new Date(time).toISOString());

describe('a period', () => {
  it.each([
    ['90m', '2026-11-07T09:00:00.000Z'],
    ['12h', '2026-11-06T22:30:00.000Z'],
    ['7d', '2026-10-31T10:30:00.000Z'],
    ['2w', '2026-10-24T10:30:00.000Z'],
    ['30s', '2026-11-07T10:29:30.000Z'],
    ['now', '2026-11-07T10:30:00.000Z'],
    ['08:15', '2026-11-07T08:15:00.000Z'],
    ['9:05', '2026-11-07T09:05:00.000Z'],
    ['10:30', '2026-11-07T10:30:00.000Z'],
    ['14:30', '2026-11-06T14:30:00.000Z'],
    ['2026-11-01T08:15', '2026-11-01T08:15:00.000Z'],
    ['2026-11-01 08:15:30', '2026-11-01T08:15:30.000Z'],
    ['2026-11-01T08:15Z', '2026-11-01T08:15:00.000Z'],
    ['2026-11-01T08:15:00.5+10:00', '2026-10-31T22:15:00.500Z'],
    ['2026-11-01T08:15+1000', '2026-10-31T22:15:00.000Z'],
  ])('of %s is a moment', (text, time) => {
    inZone('UTC');
    expect(iso(parsePeriod(text, NOW))).toEqual([time, time]);
  });

  it.each([
    ['today', '2026-11-07T00:00:00.000Z', '2026-11-08T00:00:00.000Z'],
    ['yesterday', '2026-11-06T00:00:00.000Z', '2026-11-07T00:00:00.000Z'],
    ['saturday', '2026-11-07T00:00:00.000Z', '2026-11-08T00:00:00.000Z'],
    ['monday', '2026-11-02T00:00:00.000Z', '2026-11-03T00:00:00.000Z'],
    ['Sunday', '2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
  ])('of %s is the whole day', (text, start, end) => {
    inZone('UTC');
    expect(iso(parsePeriod(text, NOW))).toEqual([start, end]);
  });

  it('of a day is as long as the day is where people are', () => {
    inZone('Australia/Sydney');
    const { start, end } = parsePeriod('2026-10-04', NOW);
    expect(new Date(start).toISOString()).toBe('2026-10-03T14:00:00.000Z');
    expect((end - start) / 3_600_000).toBe(23);
    expect(iso(parsePeriod('2026-10-05T09:00', NOW))[0]).toBe('2026-10-04T22:00:00.000Z');
  });

  it.each([
    '',
    'soon',
    'mon day',
    '25:00',
    '10:60',
    '10:3',
    '7',
    '-7d',
    '1000000d',
    '2026-02-30',
    '2026-13-01',
    '2026-11-07T25:00',
    '2026-11-7',
  ])('is not "%s"', (text) => {
    expect(() => parsePeriod(text, NOW)).toThrow(/It must be|There is no such/);
  });
});

it('a time is shown in the zone of this machine', () => {
  inZone('Australia/Sydney');
  expect(localTime(NOW)).toBe('2026-11-07 21:30:00');
  expect(localDay(Date.parse('2026-11-07T14:00Z'))).toBe('2026-11-08');
});
