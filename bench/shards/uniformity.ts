import { SHARDS, shardOf } from '../../lib/message-record.ts';
import { formatUuid, randomUuids } from './random.ts';

/** How evenly ids fall on the shards. */
export interface Uniformity {
  readonly ids: number;
  /** Pearson's statistic against equal shares, of `shards - 1` degrees of freedom. */
  readonly chiSquare: number;
  /** The same as a standard normal deviate: beyond ±3, the shares are not equal. */
  readonly z: number;
  /** The fullest shard against the average one. */
  readonly maxToMean: number;
}

/** The UUID of the test request in the provider's guide. */
const EXAMPLE = '297abf7f-99d9-4b7d-9c46-1d7c13687b11';

/** Ids as senders make them: each a way to get the nth. */
export function idFormats(seed: string, count: number): ReadonlyMap<string, (n: number) => string> {
  const uuids = randomUuids(seed, count);
  const prefix = EXAMPLE.slice(0, -12);
  return new Map<string, (n: number) => string>([
    ['random UUIDs', (n) => uuids[n] ?? ''],
    ["the guide's UUID, counted up", (n) => prefix + n.toString(16).padStart(12, '0')],
    ['UUIDs by time (version 7)', (n) => timeUuid(n)],
    ['numbers in sequence', (n) => String(n)],
  ]);
}

/** How evenly `count` ids fall on the shards of the pending index. */
export function measureUniformity(idOf: (n: number) => string, count: number): Uniformity {
  const counts = new Map<string, number>();
  for (let n = 0; n < count; n++) {
    const shard = shardOf(idOf(n));
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  const perShard = Array.from({ length: SHARDS }, (_, shard) =>
    Number(counts.get(shard.toString(16)) ?? 0),
  );
  return { ids: count, ...uniformityOf(perShard) };
}

/** Pearson's chi-square of counts against equal shares. */
export function uniformityOf(counts: readonly number[]): Omit<Uniformity, 'ids'> {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
  return {
    chiSquare,
    z: standardDeviate(chiSquare, counts.length - 1),
    maxToMean: Math.max(...counts) / mean,
  };
}

/** Wilson and Hilferty's approximation: the cube root of chi-square is nearly normal. */
function standardDeviate(chiSquare: number, freedom: number): number {
  const variance = 2 / (9 * freedom);
  return (Math.cbrt(chiSquare / freedom) - (1 - variance)) / Math.sqrt(variance);
}

/** A message a millisecond, as a sender with UUIDs of version 7 would name them. */
function timeUuid(n: number): string {
  const time = (1_760_000_000_000 + n).toString(16).padStart(12, '0');
  return formatUuid(`${time}7000${(0x8000 + (n % 0x4000)).toString(16)}${'0'.repeat(12)}`);
}
