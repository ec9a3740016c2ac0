import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { ALL_SHARDS, shardOf } from '../../../lib/messages/message-record.ts';

const IDS = 32_000;
const uuid = (hex: string) =>
  hex.padEnd(32, '0').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');

it.each<[string, (n: number) => string]>([
  ['random UUIDs', (n) => uuid(hash('md5', `seed ${n}`))],
  ["the guide's UUID, counted up", (n) => `297abf7f-99d9-4b7d-9c46-${String(n).padStart(12, '0')}`],
  [
    'UUIDs by time (version 7)',
    (n) => uuid(`${(1_760_000_000_000 + n).toString(16).padStart(12, '0')}7`),
  ],
  ['numbers in sequence', (n) => String(n)],
])('%s are spread evenly over all shards', (_, idOf) => {
  const counts = new Map(ALL_SHARDS.map((shard) => [shard, 0]));
  for (let n = 0; n < IDS; n++) {
    const shard = shardOf(idOf(n));
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  expect([...counts.keys()]).toEqual(ALL_SHARDS);
  const mean = IDS / ALL_SHARDS.length;
  const chiSquare = [...counts.values()].reduce(
    (sum, count) => sum + (count - mean) ** 2 / mean,
    0,
  );
  // With 15 degrees of freedom, one in 10,000 such sets of ids exceeds this.
  expect(chiSquare).toBeLessThan(44.3);
});
