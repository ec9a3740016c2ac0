import { afterAll, beforeAll, expect, it } from 'vitest';
import { pauseAfter } from '../../lib/forwarding/pauses.ts';
import { MAX_ATTEMPTS } from '../../lib/forwarding/subscriber.ts';
import { ForwardingStack } from '../helpers/forwarding-stack.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A message that waits for another subscriber's would wait at least for its shortest pause, ms. */
const SHORTEST_PAUSE = pauseAfter(1, 0) * 1_000;

let forwarding: ForwardingStack;
beforeAll(async () => {
  forwarding = await ForwardingStack.start({
    subscribers: (url) =>
      Object.fromEntries(
        ['neighbour', 'twenty', 'thirty'].map((name) => [
          name,
          { https: `${url}/${name}`, secret: 'CRM_SECRET' },
        ]),
      ),
  });
});
afterAll(() => forwarding?.[Symbol.asyncDispose]());

const acceptedBy = (name: string, from: number) =>
  forwarding.receiver
    .of(name)
    .filter(({ at }) => at >= from)
    .map(({ headers }) => headers['webhook-id']);

it('a receiver that is down for 20 hours gets each message once, after 30 hours all are dead letters, and another receiver is not delayed', async () => {
  const { receiver } = forwarding;
  const postedAt = new Map<string, number>();
  const post = async () => {
    const at = Date.now();
    postedAt.set(await forwarding.post('hello'), at);
    await forwarding.settled();
  };
  /** The other subscriber's delays, ms. Each message came once. */
  const delays = () => {
    const received = receiver
      .of('neighbour')
      .filter(({ headers }) => postedAt.has(String(headers['webhook-id'])));
    expect(received).toHaveLength(postedAt.size);
    return received.map(
      ({ headers, at }) => at - (postedAt.get(String(headers['webhook-id'])) ?? 0),
    );
  };

  for (let count = 0; count < 5; count++) await post();
  const withoutOutage = delays();
  postedAt.clear();
  const begin = Date.now();
  const until = (time: number) => forwarding.passTime(begin + time - Date.now());
  receiver.answer('twenty', 503);
  receiver.answer('thirty', 500);

  for (const time of [0, 10 * MINUTE, HOUR, 3 * HOUR]) {
    await until(time);
    await post();
  }
  const early = [...postedAt.keys()];
  await until(12 * HOUR);
  await post();
  await until(20 * HOUR);
  receiver.answer('twenty', 204);
  const twentyIsBack = Date.now();
  await until(22 * HOUR);
  expect(acceptedBy('twenty', twentyIsBack).toSorted()).toEqual([...postedAt.keys()].toSorted());
  expect(await forwarding.idsIn('twenty-dead')).toEqual([]);

  await until(30 * HOUR);
  expect((await forwarding.idsIn('thirty-dead')).toSorted()).toEqual(early.toSorted());
  const [first = ''] = early;
  expect((await forwarding.marks(first)).thirty).toEqual({
    attempts: MAX_ATTEMPTS,
    failed_at: expect.any(Number),
    reason: '500',
    dead_at: expect.any(Number),
  });
  expect(
    receiver.of('thirty').filter(({ headers }) => headers['webhook-id'] === first),
  ).toHaveLength(MAX_ATTEMPTS);

  const withOutage = delays();
  expect(Math.max(...withOutage)).toBeLessThan(Math.max(...withoutOutage) + SHORTEST_PAUSE);
}, 240_000);
