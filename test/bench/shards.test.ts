import { describe, expect, it } from 'vitest';
import {
  type Arrivals,
  carriedRate,
  hashByte,
  makeArrivals,
  throttledShare,
} from '../../bench/shards/capacity.ts';
import { poissonGaps, randomUuids } from '../../bench/shards/random.ts';
import { idFormats, measureUniformity, uniformityOf } from '../../bench/shards/uniformity.ts';
import { SHARDS, shardOf } from '../../lib/message-record.ts';
import { rowsOf, runCommand } from './run-command.ts';

/** Messages at even distances, all into the first shard. */
const even = (count: number): Arrivals => ({
  gaps: new Float64Array(count).fill(1),
  hashes: new Uint8Array(count),
});
const MODEL = { bucketSeconds: 1, markAfterSeconds: 0.05 };

describe('random ids and times', () => {
  it('are decided by the seed', () => {
    expect(randomUuids('a', 3)).toEqual(randomUuids('a', 3));
    expect(randomUuids('a', 3)).not.toEqual(randomUuids('b', 3));
    expect(randomUuids('a', 1)[0]).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('are one unit apart on average, and exponentially distributed', () => {
    const gaps = poissonGaps('a', 100_000);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    expect(mean).toBeCloseTo(1, 1);
    expect(gaps.filter((gap) => gap > 1).length / gaps.length).toBeCloseTo(Math.exp(-1), 2);
  });
});

describe('uniformity', () => {
  it.each([
    [[25, 25, 25, 25], 0, 1],
    [[44, 56], 1.44, 1.12],
    [[0, 100], 100, 2],
  ])('of %j is chi-square %d', (counts, chiSquare, maxToMean) => {
    const found = uniformityOf(counts);
    expect(found.chiSquare).toBeCloseTo(chiSquare, 10);
    expect(found.maxToMean).toBeCloseTo(maxToMean, 10);
  });

  it('has the z of the tables: of 15 degrees of freedom, 30.578 is the upper 1 %', () => {
    // Counts whose chi-square is just that: one shard too full, one too empty, by as much.
    const mean = 1_000;
    const off = Math.sqrt((30.578 * mean) / 2);
    const counts = [mean + off, mean - off, ...Array.from({ length: 14 }, () => mean)];
    expect(uniformityOf(counts).z).toBeCloseTo(2.326, 1);
  });

  it('shows ids that all fall on one shard', () => {
    expect(measureUniformity(() => 'the same', 1_000)).toMatchObject({
      ids: 1_000,
      maxToMean: SHARDS,
    });
  });

  it('holds for every format of ids', () => {
    for (const [format, idOf] of idFormats('1', 20_000)) {
      expect(new Set(Array.from({ length: 1_000 }, (_, n) => idOf(n))).size, format).toBe(1_000);
      expect(Math.abs(measureUniformity(idOf, 20_000).z), format).toBeLessThan(4);
    }
  });
});

describe('the simulated index', () => {
  it('hashes as the pending index does', () => {
    for (const id of randomUuids('1', 200)) {
      expect((hashByte(id) % SHARDS).toString(16)).toBe(shardOf(id));
    }
  });

  it('throttles nothing below a partition’s writes, and half at twice as many', () => {
    expect(throttledShare(even(20_000), 1, 499, MODEL)).toBe(0);
    expect(throttledShare(even(200_000), 1, 1_000, MODEL)).toBeCloseTo(0.5, 2);
  });

  it('carries 500 evenly spaced messages a second on a shard, 1,000 on two', () => {
    expect(carriedRate(even(200_000), 1, MODEL) / 500).toBeCloseTo(1, 2);
    const inTurn = { ...even(200_000), hashes: Uint8Array.from({ length: 200_000 }, (_, n) => n) };
    expect(carriedRate(inTurn, 2, MODEL) / 1_000).toBeCloseTo(1, 2);
  });

  it('carries fewer the less unused capacity is kept', () => {
    const arrivals = makeArrivals('1', 50_000);
    const rate = (bucketSeconds: number) => carriedRate(arrivals, 4, { ...MODEL, bucketSeconds });
    expect(rate(0.02)).toBeLessThan(rate(0.5));
    expect(carriedRate(makeArrivals('1', 50_000), 4, MODEL)).toBe(carriedRate(arrivals, 4, MODEL));
  });
});

describe('npm run shards', () => {
  const run = (...args: string[]) => runCommand('shards', ...args);
  const tiny = ['--ids', '500', '--messages', '2000', '--shards', '1,3'];

  it('prints both tables, the same for the same seed', async () => {
    const [{ code, stdout }, again] = [await run(...tiny), await run(...tiny)];
    expect(code).toBe(0);
    expect(again.stdout).toBe(stdout);
    const rows = rowsOf(stdout);
    expect(rows.map(([first]) => first)).toEqual([
      'ids',
      'random UUIDs',
      "the guide's UUID, counted up",
      'UUIDs by time (version 7)',
      'numbers in sequence',
      'shards',
      '1',
      '3',
    ]);
    expect(rows.at(-1)?.[1]).toBe('1,500');
  });

  it('explains itself', async () => {
    expect(await run('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--shards LIST'),
    });
  });

  it('refuses what it does not take', async () => {
    expect(await run('--shards', '0')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--shards takes whole numbers from 1 on'),
    });
  });
});
