import { describe, expect, it } from 'vitest';
import type { Answer } from '../../lib/forwarding/forwarding-ports.ts';
import { MAX_ATTEMPTS } from '../../lib/forwarding/subscriber.ts';
import { FakeForwarder, PUBLISHED, queueRecord } from '../fakes/fake-forwarder.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

interface Waiting {
  readonly id: string;
  readonly visibleAt: number;
  readonly received: number;
}

/**
 * Simulates messages that arrive ten minutes apart. As in SQS, a visible message is delivered, and goes to
 * the dead-letter queue after `maxReceiveCount` deliveries.
 *
 * @param answer The receiver's status, at a time in ms since the first message.
 * @param random The random number: 0 to 1.
 */
async function run(answer: (ms: number) => number, random: number, messages = 6) {
  const fake = new FakeForwarder();
  fake.random = random;
  const ids = Array.from({ length: messages }, (_, n) => `m-${n}`);
  for (const id of ids) fake.marks.records.set(id, new Map());
  let waiting: Waiting[] = ids.map((id, n) => ({ id, visibleAt: n * 600_000, received: 0 }));
  const delivered = new Map<string, number[]>(ids.map((id) => [id, []]));
  const dead = new Map<string, number>();
  while (waiting.length > 0) {
    const [next, ...others] = waiting.toSorted((a, b) => a.visibleAt - b.visibleAt) as [Waiting];
    waiting = others;
    const { id, visibleAt, received } = next;
    if (received === MAX_ATTEMPTS) {
      dead.set(id, visibleAt);
      continue;
    }
    fake.now = visibleAt;
    const status = answer(visibleAt);
    fake.answer = { status };
    if (status === 200) delivered.get(id)?.push(visibleAt);
    const body = JSON.stringify({ ...JSON.parse(PUBLISHED), message_id: id });
    if (await fake.forward(queueRecord({ body, attempt: received + 1 }))) continue;
    const pauseMs = (fake.pauses.at(-1) ?? 0) * SECOND_MS;
    waiting.push({ id, visibleAt: visibleAt + pauseMs, received: received + 1 });
  }
  const marks = ids.map((id) => fake.marks.records.get(id)?.get('crm'));
  return { delivered: [...delivered.values()], dead: [...dead.values()], marks };
}

/** SQS's maximum, and the queues' retention. */
const RETENTION_MS = 14 * 24 * HOUR_MS;

/**
 * Simulates a conversation's messages that arrive together. As in SQS's FIFO queues, the next one is
 * delivered when the one before is delivered, dead, or deleted by age.
 *
 * @param answer The receiver's answer to a message.
 */
async function runInOrder(messages: number, answer: (index: number) => Answer) {
  const fake = new FakeForwarder();
  const fates: { readonly fate: 'delivered' | 'dead' | 'lost'; readonly ms: number }[] = [];
  for (let index = 0; index < messages; index++) {
    fake.answer = answer(index);
    let fate: (typeof fates)[number]['fate'] = 'dead';
    for (let attempt = 1; fate === 'dead' && attempt <= MAX_ATTEMPTS; attempt++) {
      const queue = 'inbound-sms-test-to-crm.fifo';
      if (fake.now - FakeForwarder.NOW > RETENTION_MS) fate = 'lost';
      else if (await fake.forward(queueRecord({ attempt, queue }))) fate = 'delivered';
      else fake.now += (fake.pauses.at(-1) ?? 0) * SECOND_MS;
    }
    fates.push({ fate, ms: fake.now - FakeForwarder.NOW });
  }
  return fates;
}

describe('a FIFO queue’s conversation', () => {
  it.each([
    [{ status: 500 }, 40, 4],
    [{ status: 503, retryAfter: '7200' }, 40, 40],
    [{ status: 503, retryAfter: '1' }, 200, 4],
  ])(
    'whose receiver is down with %j is in the dead-letter queue, each of %d messages %d minutes after the other',
    async (answer, messages, minutes) => {
      const fates = await runInOrder(messages, () => answer);
      expect(new Set(fates.map(({ fate }) => fate))).toEqual(new Set(['dead']));
      const [first] = fates;
      expect(first?.ms).toBeLessThan(27 * HOUR_MS);
      const apart = fates.slice(1).map(({ ms }, index) => ms - (fates[index]?.ms ?? 0));
      expect(Math.max(...apart)).toBeLessThan(minutes * 60 * SECOND_MS);
    },
  );

  it('delivers the messages after one that is refused for a day', async () => {
    const fates = await runInOrder(20, (index) => ({ status: index === 0 ? 400 : 200 }));
    expect(fates.map(({ fate }) => fate)).toEqual(['dead', ...Array(19).fill('delivered')]);
  });

  it('delivers the messages between refused ones', async () => {
    const fates = await runInOrder(60, (index) => ({ status: index % 2 === 0 ? 400 : 200 }));
    expect(fates.map(({ fate }) => fate)).toEqual(Array(30).fill(['dead', 'delivered']).flat());
  });
});

describe.each([0, 0.5, 1])('with random number %d', (random) => {
  it('a receiver that is down for 20 hours gets each message once, within 70 minutes', async () => {
    const end = 20 * HOUR_MS;
    const { delivered, dead, marks } = await run((ms) => (ms < end ? 503 : 200), random);
    expect(delivered.map((times) => times.length)).toEqual([1, 1, 1, 1, 1, 1]);
    const late = delivered.flat().filter((ms) => ms > end + (70 / 60) * HOUR_MS);
    expect(late).toEqual([]);
    expect(dead).toEqual([]);
    expect(marks.filter((mark) => mark?.delivered_at === undefined)).toEqual([]);
  });

  it('the dead-letter queue has all messages of a receiver that is down for 30 hours', async () => {
    const { delivered, dead, marks } = await run((ms) => (ms < 30 * HOUR_MS ? 503 : 200), random);
    expect(delivered.flat()).toEqual([]);
    expect(dead).toHaveLength(6);
    expect(marks.map((mark) => mark?.dead_at)).toEqual(dead);
    expect(marks.map((mark) => mark?.reason)).toEqual(Array(6).fill('503'));
  });

  it('a receiver that fails for a minute gets its messages two minutes later', async () => {
    const { delivered } = await run((ms) => (ms < 60_000 ? 500 : 200), random);
    expect(delivered[0]?.[0]).toBeLessThan(120_000);
  });
});
