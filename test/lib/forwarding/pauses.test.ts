import { describe, expect, it } from 'vitest';
import { askedPause, isOverdue, nextPause, pauseAfter } from '../../../lib/forwarding/pauses.ts';
import { MAX_ATTEMPTS } from '../../../lib/forwarding/subscriber.ts';

const HOUR_S = 3_600;
const NOW = Date.UTC(2026, 0, 1);
/** The pauses after all attempts except the last, after which the message does not wait. */
const pauses = (random: number) =>
  Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => pauseAfter(index + 1, random));

describe.each([0, 0.5, 1])('the pauses, with random number %d', (random) => {
  it('last about a day together', () => {
    const hours = pauses(random).reduce((sum, pause) => sum + pause, 0) / HOUR_S;
    expect(hours).toBeGreaterThan(22);
    expect(hours).toBeLessThan(28);
  });

  it('grow from seconds to an hour, in whole seconds', () => {
    const all = pauses(random);
    expect(all).toEqual([...all].sort((a, b) => a - b));
    expect(all[0]).toBeLessThan(10);
    expect(all.at(-1)).toBeGreaterThanOrEqual(HOUR_S);
    expect(all.at(-1)).toBeLessThanOrEqual(1.1 * HOUR_S);
    expect(all.filter((pause) => !Number.isInteger(pause))).toEqual([]);
  });
});

it('random numbers spread pauses', () => {
  expect(pauseAfter(12, 0)).not.toBe(pauseAfter(12, 0.5));
});

describe('a FIFO queue’s message', () => {
  const ARN = 'arn:aws:sqs:us-east-1:000000000000:inbound-sms-test-to-crm';

  it('is overdue after a day; in a standard queue it never is', () => {
    const dayAgo = NOW - 24 * HOUR_S * 1_000;
    expect(isOverdue(`${ARN}.fifo`, dayAgo, NOW)).toBe(false);
    expect(isOverdue(`${ARN}.fifo`, dayAgo - 1, NOW)).toBe(true);
    expect(isOverdue(ARN, 0, NOW)).toBe(false);
  });

  it.each([
    [undefined, 5],
    ['20', 20],
    ['7200', 60],
  ])('waits only seconds if it is overdue, and for %j: %d', (retryAfter, pause) => {
    for (const number of [1, 20, MAX_ATTEMPTS - 1]) {
      expect(nextPause({ number, isOverdue: true }, retryAfter, NOW, 0)).toBe(pause);
    }
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120],
    [' 5 ', 5],
    ['0', 0],
    [new Date(NOW + 90_000).toUTCString(), 90],
  ])('of %j asks for %d seconds', (header, seconds) => {
    expect(askedPause(header, NOW)).toBe(seconds);
  });

  it.each([['86400'], ['9'.repeat(400)], [new Date(NOW + 86_400_000).toUTCString()]])(
    '%j asks for more than two hours, and gets two',
    (header) => {
      expect(askedPause(header, NOW)).toBe(2 * HOUR_S);
    },
  );

  const later = new Date(NOW + 90_000);
  it.each([
    ...[undefined, '', 'soon', '-5', '1.5', new Date(NOW - 1).toUTCString()],
    ...['garbage 3000', '3000-01-01', 'Wed, 31 Feb 3000 00:00:00 GMT', 'Invalid Date'],
    ...[later.toISOString(), later.toString(), later.toUTCString().replace('GMT', '+0000')],
  ])('of %j asks for nothing', (header) => {
    expect(askedPause(header, NOW)).toBe(0);
  });
});
