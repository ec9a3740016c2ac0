import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { attemptOf } from '../../../../tools/console/lab/attempt-of.ts';
import { idsOf } from '../../../../tools/console/lab/aws-calls.ts';
import { ArrivedMessages, Timelines } from '../../../../tools/console/lab/facts.ts';
import { RecentMap } from '../../../../tools/console/lab/recent-map.ts';
import type { TimelineEvent } from '../../../../tools/console/protocol.ts';

const event = (at: number): TimelineEvent => ({ kind: 'delivered', at });

describe('timelines', () => {
  it('are in order of time', () => {
    const timelines = new Timelines();
    for (const at of [2, 1, 3]) timelines.add('a', event(at));
    expect(timelines.of('a')).toEqual([event(1), event(2), event(3)]);
    expect(timelines.of('b')).toEqual([]);
  });

  it('go when nothing has happened to the message for longest', () => {
    const timelines = new Timelines({ maxMessages: 2 });
    timelines.add('a', event(1));
    timelines.add('b', event(2));
    timelines.add('a', event(3));
    timelines.add('c', event(4));
    expect(timelines.of('a')).toHaveLength(2);
    expect(timelines.of('b')).toEqual([]);
    expect(timelines.of('c')).toHaveLength(1);
  });

  it('have only so many steps together: those of the messages that change are kept', () => {
    const timelines = new Timelines({ maxEvents: 5 });
    const add = (id: string, count: number) => {
      for (let at = 0; at < count; at++) timelines.add(id, { kind: 'delivered', at });
    };
    const counts = () => ['a', 'b', 'c'].map((id) => timelines.of(id).length);
    add('a', 2);
    add('b', 2);
    add('a', 1);
    expect(counts()).toEqual([3, 2, 0]);
    add('c', 1);
    expect(counts()).toEqual([3, 0, 1]);
    add('c', 10);
    expect(counts()).toEqual([0, 0, 11]);
  });

  it('of a message that fails for ever keep the latest events', () => {
    const timelines = new Timelines();
    for (let at = 0; at < 502; at++) timelines.add('a', event(at));
    expect(timelines.of('a')).toHaveLength(500);
    expect(timelines.of('a')[0]).toEqual(event(2));
  });
});

it('the latest that arrived are kept, each with an id of its own', () => {
  const arrived = new ArrivedMessages();
  const notification = { message: '{}', subject: 's', attributes: { message_id: 'a' } };
  for (let at = 0; at < 502; at++) arrived.add(notification, at);
  const latest = arrived.latest();
  expect(latest).toHaveLength(500);
  expect(latest[0]).toEqual({ id: expect.any(String), at: 501, message_id: 'a', ...notification });
  expect(latest.at(-1)?.at).toBe(2);
  expect(new Set(latest.map(({ id }) => id)).size).toBe(500);
});

it('what somebody else publishes has no message', () => {
  expect(new ArrivedMessages().add({ message: 'x', attributes: {} }, 1).message_id).toBe('');
});

it('a recent map forgets its oldest key when it is full', () => {
  const map = new RecentMap<string, true>(2);
  const isNew = (key: string) => {
    const isKnown = map.has(key);
    map.set(key, true);
    return !isKnown;
  };
  expect(['a', 'b', 'a', 'c', 'a', 'c'].map(isNew)).toEqual([true, true, false, true, true, false]);
});

describe('an id', () => {
  const MB = 1024 * 1024;
  const COUNT = 50;
  /** A form of a megabyte, as it is read from a request. */
  const formOf = (fields: Readonly<Record<string, string>>) =>
    String(new URLSearchParams({ ...fields, text: 'x'.repeat(MB) }));

  it.each<[string, (id: string) => unknown]>([
    [
      'of a call to SNS',
      (id) => {
        const name = 'MessageAttributes.entry.1';
        const form = formOf({ [`${name}.Name`]: 'message_id', [`${name}.Value.StringValue`]: id });
        const body = Object.fromEntries(new URLSearchParams(form));
        return idsOf({ operation: 'Publish', body });
      },
    ],
    [
      'of a request that was not answered',
      (id) => {
        const request = {
          requestId: '',
          route: '',
          method: 'POST',
          body: Buffer.from(formOf({ message_id: id })),
        };
        const answer = { response: { status: 500, headers: {}, body: '' }, isSent: true, ms: 1 };
        return attemptOf({ ...request, ...answer }, 1).message_id;
      },
    ],
  ])('%s does not hold the whole request in memory', (_, idIn) => {
    const before = memoryUsed();
    const kept = Array.from({ length: COUNT }, () => idIn(`id-${crypto.randomUUID()}`));
    expect(memoryUsed() - before).toBeLessThan((COUNT / 2) * MB);
    expect(new Set(kept.map(String)).size).toBe(COUNT);
  });
});

function memoryUsed(): number {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  // A long text that was read from a buffer is outside the heap.
  return heapUsed + external;
}
