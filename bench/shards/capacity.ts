import { hash } from 'node:crypto';
import { poissonGaps, randomUuids } from './random.ts';

/**
 * What one partition takes: 1,000 write units a second
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-key-range-limit-exceeded-mitigation.html).
 */
export const PARTITION_WRITES_PER_SECOND = 1_000;

/** The share of writes that may be throttled at the rate that is looked for. */
export const MAX_THROTTLED = 0.001;

/** Messages as they arrive: a Poisson process, each message with a hashed id. */
export interface Arrivals {
  /** Time since the message before, for a rate of one message a second. */
  readonly gaps: Float64Array;
  /** First byte of the id's SHA-256, of which the shard is the remainder: see `shardOf`. */
  readonly hashes: Uint8Array;
}

/** How a partition is modelled: a token bucket. */
export interface PartitionModel {
  /** How much unused capacity a partition keeps, in seconds of it. */
  readonly bucketSeconds: number;
  /** From a message's first write (put) to its second (mark), seconds. */
  readonly markAfterSeconds: number;
}

export function makeArrivals(seed: string, count: number): Arrivals {
  const hashes = Uint8Array.from(randomUuids(`${seed}/ids`, count), hashByte);
  return { gaps: poissonGaps(`${seed}/gaps`, count), hashes };
}

/** The byte that decides an id's shard. */
export function hashByte(id: string): number {
  return hash('sha256', id, 'buffer')[0] ?? 0;
}

/**
 * The highest rate, in messages a second, at which fewer than {@link MAX_THROTTLED} of the index
 * writes are throttled; to within 0.1 %.
 */
export function carriedRate(arrivals: Arrivals, shards: number, model: PartitionModel): number {
  const ideal = (shards * PARTITION_WRITES_PER_SECOND) / 2;
  let [carried, refused] = [0, 1.2 * ideal];
  while (refused - carried > 0.001 * ideal) {
    const rate = (carried + refused) / 2;
    if (throttledShare(arrivals, shards, rate, model) < MAX_THROTTLED) carried = rate;
    else refused = rate;
  }
  return carried;
}

/**
 * The share of index writes that are throttled. Every message makes two, into its shard and out of
 * it again, whatever became of the first; a throttled write is not tried again.
 */
export function throttledShare(
  { gaps, hashes }: Arrivals,
  shards: number,
  messagesPerSecond: number,
  { bucketSeconds, markAfterSeconds }: PartitionModel,
): number {
  const size = PARTITION_WRITES_PER_SECOND * bucketSeconds;
  // Half full: what a bucket is on average at the limit.
  const tokens = new Float64Array(shards).fill(size / 2);
  const updatedAt = new Float64Array(shards);
  const write = (hashed: number, now: number): number => {
    const shard = hashed % shards;
    const earned = (now - (updatedAt[shard] ?? 0)) * PARTITION_WRITES_PER_SECOND;
    const held = Math.min(size, (tokens[shard] ?? 0) + earned);
    updatedAt[shard] = now;
    tokens[shard] = held >= 1 ? held - 1 : held;
    return held >= 1 ? 0 : 1;
  };

  let throttled = 0;
  let putAt = 0;
  let markAt = markAfterSeconds + (gaps[0] ?? 0) / messagesPerSecond;
  let marked = 0;
  for (let index = 0; index < gaps.length; index++) {
    putAt += (gaps[index] ?? 0) / messagesPerSecond;
    for (; markAt <= putAt; marked++) {
      throttled += write(hashes[marked] ?? 0, markAt);
      markAt += (gaps[marked + 1] ?? Number.POSITIVE_INFINITY) / messagesPerSecond;
    }
    throttled += write(hashes[index] ?? 0, putAt);
  }
  return throttled / (gaps.length + marked);
}
