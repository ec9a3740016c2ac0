import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { startDeadlines } from '../../../lib/messages/deadlines.ts';

const RESERVE_MS = { work: 3_000, cleanUp: 1_000 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 });
  onTestFinished(() => void vi.useRealTimers());
});

it.each([
  [10_000, 7_000, 9_000],
  [3_000, 0, 2_000],
  [500, 0, 0],
])('of %d ms that are left, work has %d and cleaning up %d', async (left, work, cleanUp) => {
  using deadlines = startDeadlines(left, RESERVE_MS);
  const ended: number[] = [];
  for (const signal of [deadlines.work, deadlines.cleanUp]) {
    signal.addEventListener('abort', () => ended.push(Date.now()));
  }
  await vi.runAllTimersAsync();
  expect(ended).toEqual([work, cleanUp]);
  for (const { reason } of [deadlines.work, deadlines.cleanUp]) {
    expect(reason).toMatchObject({ name: 'TimeoutError' });
  }
});

it('leaves no timer behind', () => {
  {
    using deadlines = startDeadlines(10_000, RESERVE_MS);
    expect(deadlines.work.aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(2);
  }
  expect(vi.getTimerCount()).toBe(0);
});
