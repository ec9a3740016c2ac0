import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { startDeadlines } from '../../lib/deadlines.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 });
  onTestFinished(() => void vi.useRealTimers());
});

it.each([
  [10_000, 7_000, 9_000],
  [3_000, 0, 2_000],
  [500, 0, 0],
])('of %d ms that are left, work has %d and cleaning up %d', async (left, work, cleanUp) => {
  const deadlines = startDeadlines(left);
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

it('ends both timers', () => {
  const { end } = startDeadlines(10_000);
  expect(vi.getTimerCount()).toBe(2);
  end();
  expect(vi.getTimerCount()).toBe(0);
});
