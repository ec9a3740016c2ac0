import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  Counters,
  SubscriberEmail,
  SubscriberStatus,
} from '../../../../tools/console/lab-protocol.ts';
import { postForm } from '../../../helpers/local-stack.ts';
import type { ConsoleStack } from './console-stack.ts';
import { tapEvents } from './event-tap.ts';
import { type SubscribedStack, startSubscribedStack } from './subscribed-stack.ts';

/** What the forwarder takes to start, or to try again, on a busy machine, ms. */
const SOON = 30_000;
vi.setConfig({ testTimeout: 2 * SOON, hookTimeout: 4 * SOON });

let stack: SubscribedStack;
let service: ConsoleStack;
beforeAll(async () => {
  stack = await startSubscribedStack();
  service = stack.service;
});
beforeEach(() => stack.answer(204));
afterAll(() => stack?.[Symbol.asyncDispose]());

/** How far each delivery of a message is: `crm: delivered`. */
async function deliveries(id: string): Promise<string[]> {
  const events = (await service.timeline(id)).filter((event) => event.kind === 'delivery');
  return events.map(({ subscriber, state }) => `${subscriber}: ${state}`).sort();
}

async function statusOf(name: string): Promise<SubscriberStatus | undefined> {
  const statuses = await service.get<SubscriberStatus[]>('subscribers');
  return statuses.find((status) => status.name === name);
}

describe('the timeline of a message', () => {
  it('has the delivery to each subscriber', async () => {
    const id = randomUUID();
    await service.deliver(id);
    await vi.waitFor(
      async () =>
        expect(await deliveries(id)).toEqual([
          'chat: failing',
          'crm: delivered',
          'jobs: handed-over',
          'team: delivered',
        ]),
      SOON,
    );
  });

  it('says whom a message is not for', async () => {
    const message_id = randomUUID();
    const form = { message_id, from: '+61491570006', sms_number: '+61491570157', body: 'Hello' };
    await postForm(service.stack.webhookUrl, form);
    expect(await deliveries(message_id)).toContain('jobs: not-for-it');
  });

  it('has the calls of the forwarder with what they are for, and no other publication', async () => {
    const id = randomUUID();
    await service.deliver(id);
    const calls = async () =>
      (await service.timeline(id))
        .filter((event) => event.kind === 'call')
        .map(({ subscriber = 'the webhook', purpose }) => `${subscriber}: ${purpose}`);
    await vi.waitFor(async () => {
      const made = await calls();
      for (const subscriber of ['crm', 'team']) {
        expect(made.filter((each) => each.startsWith(subscriber))).toEqual([
          `${subscriber}: read the delivery mark`,
          `${subscriber}: mark the delivery`,
        ]);
      }
    }, SOON);
    expect((await calls()).filter((each) => each.startsWith('the webhook'))).toEqual([
      'the webhook: store and claim',
      'the webhook: publish',
      'the webhook: mark as published',
    ]);
  });

  it('is told anew when a delivery is marked', async () => {
    const tap = await tapEvents(service.stack.url);
    const id = randomUUID();
    stack.answer(500);
    await service.deliver(id);
    await vi.waitFor(async () => expect(await deliveries(id)).toContain('crm: failing'), SOON);
    stack.answer(204);
    const told = tap.of('timeline').length;
    await vi.waitFor(async () => expect(await deliveries(id)).toContain('crm: delivered'), SOON);
    const texts = (await service.timeline(id)).flatMap((event) =>
      event.kind === 'delivery' && event.subscriber === 'crm' ? [event.text] : [],
    );
    expect(texts).toEqual([expect.stringMatching(/^500 \w+( times)?, delivered \d+ s later$/)]);
    const news = tap.of('timeline').slice(told);
    expect(news).toContainEqual({ message_id: id });
  });
});

it('the subscribers are told with how they are configured, and how their deliveries go', async () => {
  const tap = await tapEvents(service.stack.url);
  await vi.waitFor(async () => expect((await statusOf('crm'))?.waiting).toBe(0), SOON);
  const before = await service.get<SubscriberStatus[]>('subscribers');
  expect(before.map(({ name, kind, target, filter }) => [name, kind, target, filter])).toEqual([
    ['chat', 'slack', 'SLACK_URL', undefined],
    ['crm', 'https', expect.stringMatching(/^localhost:\d+$/), undefined],
    ['jobs', 'queue', 'inbound-sms-local-to-jobs', 'sms_number: +61491570156 or 2 more'],
    ['team', 'email', 'team@example.com', undefined],
  ]);
  const countOf = (name: string) => before.find((each) => each.name === name);
  await service.deliver(randomUUID());
  await vi.waitFor(async () => {
    const delivered = (countOf('crm')?.delivered ?? 0) + 1;
    expect(await statusOf('crm')).toMatchObject({ delivered, waiting: 0, dead: 0 });
    const waiting = (countOf('chat')?.waiting ?? 0) + 1;
    expect(await statusOf('chat')).toMatchObject({
      ...{ waiting, failing: waiting, delivered: 0, dead: 0 },
      lastFailure: { reason: 'secret missing' },
    });
    expect((await statusOf('jobs'))?.waiting).toBe((countOf('jobs')?.waiting ?? 0) + 1);
  }, SOON);
  await vi.waitFor(async () => {
    const told = tap.of('subscribers').at(-1);
    expect(told).toEqual(await service.get<SubscriberStatus[]>('subscribers'));
  }, SOON);
});

it('an e-mail is in the outbox, and is told', async () => {
  const tap = await tapEvents(service.stack.url);
  const message_id = randomUUID();
  await service.deliver(message_id, 'Are you open on Sunday?');
  const email = expect.objectContaining({
    ...{ subscriber: 'team', to: 'team@example.com', message_id },
    subject: 'SMS from +61491570006 to +61491570156',
    text: expect.stringContaining('\n\nAre you open on Sunday?\n'),
  });
  await vi.waitFor(() => expect(tap.of('subscriberEmail')).toContainEqual(email), SOON);
  expect((await service.get<SubscriberEmail[]>('emails'))[0]).toEqual(email);
});

it('what is forwarded does not change what the counters mean', async () => {
  const before = await service.get<Counters>('counters');
  const id = randomUUID();
  await service.deliver(id);
  await service.arrived(id);
  await vi.waitFor(async () => expect(await deliveries(id)).toContain('crm: delivered'), SOON);
  const added = (name: keyof Counters) => before[name] + 1;
  expect(await service.get<Counters>('counters')).toEqual({
    ...before,
    sent: added('sent'),
    accepted: added('accepted'),
    stored: added('stored'),
    published: added('published'),
    delivered: added('delivered'),
    lost: 0,
  });
});
