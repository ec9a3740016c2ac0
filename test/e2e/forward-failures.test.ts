import { afterAll, beforeAll, expect, it } from 'vitest';
import { ForwardingStack } from '../helpers/forwarding-stack.ts';
import type { Answer } from '../helpers/receiver.ts';

/** Each subscriber's first failure, and the forwarder's log line. */
const FAILURES: Readonly<Record<string, { answer: Answer; line: object }>> = {
  moved: {
    answer: (response, { headers }) =>
      void response.writeHead(302, { location: `http://${headers.host}/elsewhere` }).end(),
    line: { status: 302, reason: '302' },
  },
  busy: {
    answer: (response) => void response.writeHead(429, { 'retry-after': '120' }).end(),
    line: { status: 429, reason: '429', next_attempt_s: 120 },
  },
  broken: { answer: 500, line: { status: 500, reason: '500' } },
  cut: {
    answer: (response) => void response.socket?.destroy(),
    line: { reason: expect.any(String) },
  },
  silent: { answer: () => {}, line: { reason: 'timeout' } },
};
const NAMES = Object.keys(FAILURES);

let forwarding: ForwardingStack;
beforeAll(async () => {
  forwarding = await ForwardingStack.start({
    subscribers: (url) =>
      Object.fromEntries(
        ['fine', 'slow', ...NAMES].map((name) => [
          name,
          { https: `${url}/${name}`, secret: 'CRM_SECRET' },
        ]),
      ),
  });
});
afterAll(() => forwarding?.[Symbol.asyncDispose]());

it('only a 2xx is a success, and each receiver gets the message once it accepts it', async () => {
  const { receiver } = forwarding;
  for (const name of NAMES) receiver.answer(name, FAILURES[name]?.answer ?? 204);
  const answering = Promise.withResolvers<void>();
  receiver.answer('slow', async (response) => {
    await answering.promise;
    response.writeHead(200).end();
  });
  const id = await forwarding.post('hello');
  const lineOf = (name: string) => forwarding.linesOf(name, id)[0];

  // Subscribers next to hanging ones get their messages meanwhile.
  await expect
    .poll(() => lineOf('fine'), { timeout: 20_000 })
    .toMatchObject({ outcome: 'delivered', attempt: 1, status: 204 });
  await expect.poll(() => receiver.of('slow')).toHaveLength(1);
  expect(lineOf('silent')).toBeUndefined();
  answering.resolve();
  await expect
    .poll(() => lineOf('slow'), { timeout: 20_000 })
    .toMatchObject({ outcome: 'delivered', status: 200 });

  await expect.poll(() => NAMES.filter((name) => !lineOf(name)), { timeout: 20_000 }).toEqual([]);
  for (const name of NAMES) {
    const { line } = FAILURES[name] ?? {};
    expect(lineOf(name), name).toMatchObject({ outcome: 'failed', attempt: 1, ...line });
  }
  // It pauses for seconds at first, and is retried while `silent` waits for ten.
  expect(lineOf('broken')?.next_attempt_s).toBeLessThan(7);
  expect(receiver.of('elsewhere')).toEqual([]);
  await forwarding.settled();
  const marks = await forwarding.marks(id);
  expect(marks.broken).toEqual({ attempts: 1, failed_at: expect.any(Number), reason: '500' });

  const before = receiver.received.length;
  for (const name of NAMES) receiver.answer(name, 204);
  await forwarding.passTime(60_000);
  const sinceThen = () => receiver.received.slice(before).map(({ name }) => name);
  expect(sinceThen().toSorted()).toEqual(NAMES.filter((name) => name !== 'busy').toSorted());
  await forwarding.passTime(80_000);
  expect(sinceThen().toSorted()).toEqual(NAMES.toSorted());
  expect((await forwarding.marks(id)).broken).toEqual({
    ...marks.broken,
    attempts: expect.toSatisfy((attempts) => attempts >= 2),
    delivered_at: expect.any(Number),
  });
});
