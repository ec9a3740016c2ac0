import { describe, expect, it } from 'vitest';
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
