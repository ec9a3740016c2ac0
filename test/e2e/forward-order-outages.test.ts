import { afterAll, beforeAll, expect, it } from 'vitest';
import { ForwardingStack } from '../helpers/forwarding-stack.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CONVERSATIONS = ['+61491570156', '+61491570158'];

let forwarding: ForwardingStack;
beforeAll(async () => {
  forwarding = await ForwardingStack.start({
    params: { topicType: 'fifo' },
    subscribers: (url) =>
      Object.fromEntries(
        ['twenty', 'thirty'].map((name) => [
          name,
          { https: `${url}/${name}`, secret: 'CRM_SECRET' },
        ]),
      ),
  });
});
afterAll(() => forwarding?.[Symbol.asyncDispose]());

it('in order, a receiver that is down for 20 hours gets each message once, and after 30 hours all are dead letters', async () => {
  const { receiver } = forwarding;
  const begin = Date.now();
  const until = (time: number) => forwarding.passTime(begin + time - Date.now());
  const posted = new Map<string, string[]>(CONVERSATIONS.map((from) => [from, []]));
  receiver.answer('twenty', 503);
  receiver.answer('thirty', 500);
  for (const time of [0, 10 * MINUTE, 3 * HOUR]) {
    await until(time);
    for (const from of CONVERSATIONS) {
      posted.get(from)?.push(await forwarding.post('hello', { from }));
    }
  }
  const all = [...posted.values()].flat();

  await until(20 * HOUR);
  receiver.answer('twenty', 204);
  const isBack = Date.now();
  await until(22 * HOUR);
  const accepted = receiver
    .of('twenty')
    .filter(({ at }) => at >= isBack)
    .map(({ headers }) => String(headers['webhook-id']));
  expect(accepted).toHaveLength(all.length);
  for (const ids of posted.values()) {
    expect(accepted.filter((id) => ids.includes(id))).toEqual(ids);
  }
  expect(await forwarding.idsIn('twenty-dead')).toEqual([]);

  await until(30 * HOUR);
  const dead = await forwarding.idsIn('thirty-dead');
  expect(dead).toHaveLength(all.length);
  for (const ids of posted.values()) expect(dead.filter((id) => ids.includes(id))).toEqual(ids);
  expect(await forwarding.idsIn('thirty')).toEqual([]);
}, 240_000);
