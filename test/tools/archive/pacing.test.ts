import { describe, expect, it } from 'vitest';
import { inParallel, Pacer } from '../../../tools/archive/pacing.ts';

const signal = new AbortController().signal;

/** A clock that advances only while somebody sleeps. */
function paced(perSecond: number) {
  const clock = { now: 1_000 };
  const sleep = async (ms: number) => {
    clock.now += ms;
  };
  return { clock, pacer: new Pacer(perSecond, () => clock.now, sleep) };
}

describe('a pacer', () => {
  it('lets this many begin per second, and the first at once', async () => {
    const { clock, pacer } = paced(4);
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      await pacer.take(1, signal);
      times.push(clock.now - 1_000);
    }
    expect(times).toEqual([0, 250, 500, 750, 1_000]);
  });

  it('counts several as several', async () => {
    const { clock, pacer } = paced(50);
    await pacer.take(10, signal);
    await pacer.take(10, signal);
    expect(clock.now).toBe(1_200);
  });

  it('does not make up for unused time', async () => {
    const { clock, pacer } = paced(1);
    await pacer.take(1, signal);
    clock.now += 60_000;
    await pacer.take(1, signal);
    await pacer.take(1, signal);
    expect(clock.now).toBe(62_000);
  });

  it('does not wait with an infinite rate, nor after the end', async () => {
    const { clock, pacer } = paced(Number.POSITIVE_INFINITY);
    for (let n = 0; n < 1_000; n++) await pacer.take(1, signal);
    expect(clock.now).toBe(1_000);
    await expect(pacer.take(1, AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
  });
});

describe('work in parallel', () => {
  /** The consumer has stopped reading. */
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

  it('is done for each item, up to the limit in parallel', async () => {
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
