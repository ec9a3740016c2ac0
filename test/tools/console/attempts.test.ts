import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../../tools/console/protocol.ts';
import { AttemptMemory } from '../../../tools/console/server/attempts.ts';

const someAttempt = (changes: Partial<Attempt> = {}): Attempt => ({
  at: 1_000,
  ms: 5,
  status: 200,
  outcome: 'published',
  message_id: 'a',
  ...changes,
});
const timesOf = (attempts: readonly Attempt[]) => attempts.map(({ at }) => at);
const recentTimes = async (memory: AttemptMemory) => timesOf((await memory.recent()).attempts);

describe('a memory of attempts', () => {
  it('has the last hour, in order of time', async () => {
    const memory = new AttemptMemory({ now: () => 3_600_000 + 5_000 });
    memory.add(someAttempt({ at: 7_000 }));
    memory.add(someAttempt({ at: 5_000, message_id: 'b' }));
    memory.add(someAttempt({ at: 4_999 }));
    memory.add(someAttempt({ at: 6_000 }));
    expect(timesOf(await memory.of('a'))).toEqual([4_999, 6_000, 7_000]);
    expect(await recentTimes(memory)).toEqual([5_000, 6_000, 7_000]);
  });

  it('has so many at most: the newest', async () => {
    const memory = new AttemptMemory({ maxCount: 3, now: () => 0 });
    for (let at = 1; at <= 100; at++) memory.add(someAttempt({ at }));
    // Not only when somebody asks for the newest.
    expect((await memory.of('a')).length).toBeLessThanOrEqual(6);
    expect(await recentTimes(memory)).toEqual([98, 99, 100]);
  });

  it('says since when it has all', async () => {
    let now = 10_000;
    const memory = new AttemptMemory({ maxCount: 3, maxAgeMs: 5_000, now: () => now });
    const since = async () => (await memory.recent()).since;
    expect(await since()).toBe(10_000);
    memory.remember([someAttempt({ at: 9_500 })], 8_000);
    expect(await since()).toBe(8_000);
    now = 14_000;
    expect(await since()).toBe(9_000);
    for (const at of [11_000, 12_000, 13_000, 14_000]) memory.add(someAttempt({ at }));
    expect(await since()).toBe(12_000);
    memory.clear();
    expect(await since()).toBe(14_000);
  });

  it('counts conflicts by their ids, the last one last, and for longer', async () => {
    const memory = new AttemptMemory({ now: () => 10_000_000 });
    for (const message_id of ['a', 'b', 'a']) {
      memory.add(someAttempt({ outcome: 'conflict', status: 409, message_id }));
    }
    memory.add(someAttempt({ message_id: 'c' }));
    expect(await recentTimes(memory)).toEqual([]);
    expect([...(await memory.conflicts())]).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
  });

  it('forgets the conflicts that are longest ago', async () => {
    const memory = new AttemptMemory();
    for (let n = 0; n <= 10_000; n++) {
      memory.remember([someAttempt({ outcome: 'conflict', message_id: `m-${n}` })]);
    }
    const conflicts = await memory.conflicts();
    expect(conflicts.size).toBe(10_000);
    expect(conflicts.has('m-0')).toBe(false);
    expect(conflicts.has('m-1')).toBe(true);
  });

  it('tells whoever watches, of what is added only', async () => {
    const memory = new AttemptMemory();
    const told: number[] = [];
    const listener = ({ at }: Attempt) => void told.push(at);
    const first = memory.watch(listener);
    const second = memory.watch(listener);
    memory.remember([someAttempt({ at: 1 })]);
    memory.add(someAttempt({ at: 2 }));
    first[Symbol.dispose]();
    memory.add(someAttempt({ at: 3 }));
    second[Symbol.dispose]();
    memory.add(someAttempt({ at: 4 }));
    expect(told).toEqual([2, 2, 3]);
    expect(timesOf(await memory.of('a'))).toEqual([1, 2, 3, 4]);
  });
});
