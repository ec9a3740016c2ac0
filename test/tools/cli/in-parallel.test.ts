import { describe, expect, it } from 'vitest';
import { inParallel } from '../../../tools/cli/in-parallel.ts';

describe('work in parallel', () => {
  /** The source was told that nobody reads on. */
  const END = -1;

  async function* numbers(count: number, read: number[] = []) {
    try {
      for (let n = 0; n < count; n++) {
        read.push(n);
        yield n;
      }
    } finally {
      read.push(END);
    }
  }

  it('is done for each item, so many at once and no more', async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    await inParallel(numbers(20), 3, async (n) => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      done.push(n);
    });
    expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(most).toBe(3);
  });

  it('ends with the first failure, and reads no further', async () => {
    const read: number[] = [];
    const work = inParallel(numbers(1_000, read), 2, async (n) => {
      await new Promise(setImmediate);
      if (n >= 5) throw new Error(`no ${n}`);
    });
    await expect(work).rejects.toThrow('no 5');
    expect(read.length).toBeLessThan(10);
    expect(read.at(-1)).toBe(END);
  });
});
