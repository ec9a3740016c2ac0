import type { Attempt, KnownAttempts } from '../../protocol.ts';
import { unknownNews } from '../feed.ts';
import { groupOf, OUTCOME_GROUPS, type OutcomeGroup } from './outcomes.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MAX_ATTEMPTS = 20_000;

/** Ranges of time, divided into buckets of equal length. */
export const RANGES = [
  { name: '5m', label: '5 min', ms: 5 * MINUTE, bucketMs: 5_000 },
  { name: '15m', label: '15 min', ms: 15 * MINUTE, bucketMs: 15_000 },
  { name: '1h', label: '1 h', ms: HOUR, bucketMs: MINUTE },
] as const;

/** The ranges for which a stack can have the requests. */
export function rangesWithin(spanMs: number) {
  return RANGES.filter(({ ms }) => ms <= spanMs);
}

/** The requests within a bucket. */
export interface Bucket {
  /** The bucket's start, epoch ms: a multiple of its length. */
  readonly start: number;
  /** Whether the requests of at least a part of the bucket are known. */
  readonly isKnown: boolean;
  readonly count: number;
  /** Attempts a second, over the whole bucket. */
  readonly rate: number;
  /** The duration of each attempt, ms, ascending. */
  readonly times: readonly number[];
  /** ms; absent if there was no attempt. */
  readonly p50?: number | undefined;
  readonly p99?: number | undefined;
  readonly outcomes: Readonly<Record<OutcomeGroup, number>>;
}

/**
 * The buckets of a range that ends now, the earliest first. The last one is still filling.
 *
 * @param known In any order; those outside of the range are left out.
 */
export function bucketsOf(
  { since, attempts }: KnownAttempts,
  { ms, bucketMs }: { readonly ms: number; readonly bucketMs: number },
  now: number,
): readonly Bucket[] {
  const count = ms / bucketMs;
  const last = Math.floor(now / bucketMs) * bucketMs;
  const first = last - (count - 1) * bucketMs;
  const inBuckets = Array.from({ length: count }, (): Attempt[] => []);
  for (const attempt of attempts) {
    inBuckets[Math.floor((attempt.at - first) / bucketMs)]?.push(attempt);
  }
  return inBuckets.map((inside, index) => {
    const start = first + index * bucketMs;
    const isKnown = start + bucketMs > since;
    return { ...bucketOf(inside, start, bucketMs), isKnown };
  });
}

function bucketOf(
  attempts: readonly Attempt[],
  start: number,
  bucketMs: number,
): Omit<Bucket, 'isKnown'> {
  const times = attempts.map(({ ms }) => ms).sort((a, b) => a - b);
  const groups = Map.groupBy(attempts, groupOf);
  return {
    start,
    count: attempts.length,
    rate: attempts.length / (bucketMs / 1000),
    times,
    ...(times.length > 0 && { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }),
    outcomes: byGroup((name) => groups.get(name)?.length ?? 0),
  };
}

function byGroup(countOf: (name: OutcomeGroup) => number): Record<OutcomeGroup, number> {
  const entries = OUTCOME_GROUPS.map(({ name }) => [name, countOf(name)]);
  return Object.fromEntries(entries) as Record<OutcomeGroup, number>;
}

/** Over all of them, as {@link Bucket.p50} is over one. */
export function overallQuantile(buckets: readonly Bucket[], share: number): number | undefined {
  const times = buckets.flatMap((bucket) => bucket.times).sort((a, b) => a - b);
  return quantile(times, share);
}

/** The sums over all of them, for a legend. */
export function totalsOf(buckets: readonly Bucket[]): Record<OutcomeGroup, number> {
  return byGroup((name) => buckets.reduce((sum, { outcomes }) => sum + outcomes[name], 0));
}

/**
 * For each group, the sum of its count and those of the groups before it: the tops of a stack.
 * `null` is unknown.
 */
export function stackOf(buckets: readonly Bucket[]): readonly (readonly (number | null)[])[] {
  return OUTCOME_GROUPS.map((_, index) => {
    const groups = OUTCOME_GROUPS.slice(0, index + 1);
    return buckets.map(({ isKnown, outcomes }) =>
      isKnown ? groups.reduce((sum, { name }) => sum + outcomes[name], 0) : null,
    );
  });
}

/**
 * The smallest of the values that at least a share of them does not exceed (nearest rank).
 *
 * @param sorted Ascending.
 * @param share Above 0, 1 at most.
 * @returns Nothing, if there are no values.
 */
export function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** Adds new attempts, and drops those that are over an hour older than the latest. */
export function mergeAttempts(
  { since, attempts: known }: KnownAttempts,
  news: readonly Attempt[],
  mayBeKnown: boolean,
): KnownAttempts {
  const all = [...known, ...(mayBeKnown ? unknownNews(known, news, keyOf) : news)];
  const latest = all.reduce((max, { at }) => Math.max(max, at), 0);
  const young = all.filter(({ at }) => at > latest - HOUR);
  const attempts = young.slice(-MAX_ATTEMPTS);
  const [oldest] = attempts;
  const isCut = oldest !== undefined && attempts.length < young.length;
  return { since: Math.max(since, latest - HOUR, isCut ? oldest.at : 0), attempts };
}

function keyOf({ at, ms, status, outcome, message_id }: Attempt): string {
  return JSON.stringify([at, ms, status, outcome, message_id]);
}
