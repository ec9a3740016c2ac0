import { describe, expect, it } from 'vitest';
import { ANSWERS } from '../../../../lib/http/outcomes.ts';
import {
  bucketsOf,
  mergeAttempts,
  overallQuantile,
  quantile,
  RANGES,
  rangesWithin,
  stackOf,
  totalsOf,
} from '../../../../tools/console/page/activity/buckets.ts';
import { groupOf, OUTCOME_GROUPS } from '../../../../tools/console/page/activity/outcomes.ts';
import {
  alignedData,
  describePlot,
  drawnSeries,
  LATENCY,
  OUTCOMES,
  RATE,
} from '../../../../tools/console/page/activity/plots.ts';
import type { Attempt, KnownAttempts } from '../../../../tools/console/protocol.ts';

const HOUR = 3_600_000;
/** In the middle of a minute. */
const NOW = Date.UTC(2026, 10, 24, 12, 0, 32);
const RANGE = { ms: 15_000, bucketMs: 5_000 };

function attempt(at: number, given: Partial<Attempt> = {}): Attempt {
  return { at, ms: 10, status: 200, outcome: 'published', ...given };
}

/** All that there was. */
function known(...attempts: readonly Attempt[]): KnownAttempts {
  return { since: 0, attempts };
}

describe('a quantile', () => {
  it.each([
    [[], 0.5, undefined],
    [[7], 0.5, 7],
    [[7], 0.99, 7],
    [[1, 2], 0.5, 1],
    [[1, 2, 3], 0.5, 2],
    [Array.from({ length: 100 }, (_, n) => n + 1), 0.99, 99],
    [Array.from({ length: 101 }, (_, n) => n + 1), 0.99, 100],
    [[1, 2, 3], 1, 3],
  ])('of %j at %d is %s', (values, share, expected) => {
    expect(quantile(values, share)).toBe(expected);
  });
});

describe('buckets', () => {
  it('begin at multiples of their length, and the last one has now in it', () => {
    expect(bucketsOf(known(), RANGE, NOW).map(({ start }) => start - NOW)).toEqual([
      -12_000, -7_000, -2_000,
    ]);
  });

  it('hold what was answered from their start to the next, and nothing of other times', () => {
    const ats = [NOW - 12_001, NOW - 12_000, NOW - 7_001, NOW - 7_000, NOW - 2_000, NOW + 3_000];
    const buckets = bucketsOf(known(...ats.map((at) => attempt(at))), RANGE, NOW);
    expect(buckets.map(({ count }) => count)).toEqual([2, 1, 1]);
  });

  it('have a rate, quantiles and outcomes', () => {
    const times = Array.from({ length: 100 }, (_, n) => attempt(NOW, { ms: 100 - n }));
    const conflict = attempt(NOW, { ms: 500, status: 409, outcome: 'conflict' });
    const bucket = bucketsOf(known(...times, conflict), RANGE, NOW).at(-1);
    expect(bucket).toMatchObject({ count: 101, rate: 20.2, p50: 51, p99: 100 });
    expect(bucket?.outcomes).toMatchObject({ published: 100, conflict: 1, failed: 0 });
  });

  it('have no quantiles without attempts', () => {
    const [bucket] = bucketsOf(known(), RANGE, NOW);
    expect(bucket).not.toHaveProperty('p50');
    expect(bucket).toMatchObject({ count: 0, rate: 0 });
  });

  it('are offered for ranges that a stack can know', () => {
    const namesIn = (ms: number) => rangesWithin(ms).map(({ name }) => name);
    expect(namesIn(HOUR)).toEqual(['5m', '15m', '1h']);
    expect(namesIn(HOUR / 4)).toEqual(['5m', '15m']);
    expect(namesIn(0)).toEqual([]);
  });

  it.each(RANGES)('divide $label evenly', ({ ms, bucketMs }) => {
    expect(bucketsOf(known(), { ms, bucketMs }, NOW)).toHaveLength(60);
  });

  it('have quantiles of their own, and one over all of them', () => {
    const times = [10, 30, 20].map((ms, index) => attempt(NOW - index * 5_000, { ms }));
    const buckets = bucketsOf(known(...times), RANGE, NOW);
    expect(buckets.map(({ p50 }) => p50)).toEqual([20, 30, 10]);
    expect(overallQuantile(buckets, 0.5)).toBe(20);
    expect(overallQuantile([], 0.5)).toBeUndefined();
  });

  it('add up', () => {
    const failed = attempt(NOW, { status: 500, outcome: 'failed' });
    const buckets = bucketsOf(known(attempt(NOW), attempt(NOW - 7_000), failed), RANGE, NOW);
    expect(totalsOf(buckets)).toMatchObject({ published: 2, failed: 1, duplicate: 0 });
  });

  it('stack up to the count', () => {
    const failed = attempt(NOW, { status: 500, outcome: 'failed' });
    const buckets = bucketsOf(known(attempt(NOW), attempt(NOW), failed), RANGE, NOW);
    const stack = stackOf(buckets);
    expect(stack[0]).toEqual([0, 0, 2]);
    expect(stack.at(-1)).toEqual([0, 0, 3]);
  });
});

describe('a group', () => {
  it.each(Object.keys(ANSWERS) as (keyof typeof ANSWERS)[])('has the outcome %s', (outcome) => {
    const { status } = ANSWERS[outcome];
    const group = groupOf({ outcome, status });
    const isOk = group === 'published' || group === 'duplicate';
    expect(isOk).toBe(status === 200);
    if (status === 500) expect(group).toBe('failed');
    if (status >= 400 && status < 500) expect(['conflict', 'refused']).toContain(group);
  });

  it.each([
    [undefined, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
    [429, 'refused'],
    [200, 'published'],
  ])('has the status %s, of whose outcome nothing is known', (status, group) => {
    expect(groupOf(status === undefined ? {} : { status })).toBe(group);
  });
});

describe('merged attempts', () => {
  const count = (...merged: Parameters<typeof mergeAttempts>) =>
    mergeAttempts(...merged).attempts.length;

  it('have what is alike as often as it happened', () => {
    const alike = [attempt(NOW), attempt(NOW)];
    expect(count(known(attempt(NOW)), alike, false)).toBe(3);
    expect(count(known(attempt(NOW - 1)), alike, true)).toBe(3);
    expect(count(known(...alike), [attempt(NOW)], true)).toBe(2);
    expect(count(known(attempt(NOW)), [...alike, attempt(NOW)], true)).toBe(3);
  });

  it('are an hour’s', () => {
    const old = known(attempt(NOW - HOUR), attempt(NOW - HOUR + 1));
    expect(mergeAttempts(old, [attempt(NOW)], false)).toEqual({
      since: NOW - HOUR,
      attempts: [attempt(NOW - HOUR + 1), attempt(NOW)],
    });
  });

  it('are known from the oldest one on, if there are too many', () => {
    const many = Array.from({ length: 20_000 }, (_, n) => attempt(NOW + n));
    const { since, attempts } = mergeAttempts(known(...many), [attempt(NOW + 20_000)], false);
    expect(attempts).toHaveLength(20_000);
    expect(since).toBe(NOW + 1);
  });
});

describe('what is drawn', () => {
  const failed = attempt(NOW, { status: 500, outcome: 'failed', ms: 40 });
  const buckets = bucketsOf(known(attempt(NOW), attempt(NOW), failed), RANGE, NOW);

  it('has seconds and a value for each bucket', () => {
    const start = (NOW - 2_000) / 1000;
    expect(alignedData(RATE, buckets)).toEqual([
      [start - 10, start - 5, start],
      [0, 0, 0.6],
    ]);
    expect(alignedData(LATENCY, buckets).slice(1)).toEqual([
      [null, null, 10],
      [null, null, 40],
    ]);
  });

  it('is a stack from its top, each piece with its series', () => {
    const [, top] = alignedData(OUTCOMES, buckets);
    expect(top).toEqual([0, 0, 3]);
    expect(alignedData(OUTCOMES, buckets).at(-1)).toEqual([0, 0, 2]);
    expect(drawnSeries(OUTCOMES).map(({ name }) => name)).toEqual(
      OUTCOME_GROUPS.map(({ name }) => name).reverse(),
    );
    expect(drawnSeries(LATENCY)).toEqual(LATENCY.series);
  });

  it('has no value where nothing is known', () => {
    const cut = bucketsOf({ since: NOW - 6_000, attempts: [attempt(NOW)] }, RANGE, NOW);
    expect(cut.map(({ isKnown }) => isKnown)).toEqual([false, true, true]);
    expect(alignedData(RATE, cut)[1]).toEqual([null, 0, 0.2]);
    expect(alignedData(OUTCOMES, cut)[1]).toEqual([null, 0, 1]);
    expect(describePlot(RATE, cut, '15 s')).toMatch(/^Rate in .*, last 15 s\. Known since \d\d:/);
  });

  it('is described in a sentence', () => {
    expect(describePlot(LATENCY, buckets, '5 min')).toBe(
      'Latency in ms, last 5 min. p50: 10 ms; p99: 40 ms.',
    );
    expect(describePlot(RATE, buckets, '5 min')).toContain('0.6/s at most');
    expect(describePlot(OUTCOMES, buckets, '1 h')).toContain('Published: 2; Duplicate: 0');
  });
});
