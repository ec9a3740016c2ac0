import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type {
  FallbackEmail,
  PbxDelivery,
  SubscriberMessage,
} from '../../../../tools/console/lab-protocol.ts';
import { ConsoleStack } from './console-stack.ts';
import { tapEvents } from './event-tap.ts';

let service: ConsoleStack;
beforeAll(async () => {
  service = await ConsoleStack.start();
});
afterAll(() => service?.[Symbol.asyncDispose]());

const SMS = {
  from: '+61491570006',
  sms_number: '+61491570156',
  body: 'Grüße & <b>',
  retryDelayMs: 0,
};
const send = (request: object) => service.post<PbxDelivery[]>('send', { ...SMS, ...request });

async function ended(sent: readonly PbxDelivery[]): Promise<PbxDelivery[]> {
  const ids = sent.map(({ id }) => id);
  return vi.waitFor(async () => {
    const deliveries = await service.get<PbxDelivery[]>('deliveries');
    const ours = deliveries.filter(({ id }) => ids.includes(id));
    expect(ours.filter(({ state }) => state === 'under way')).toEqual([]);
    return ours;
  }, 20_000);
}

it('sends a message as the PBX does, and shows the request as it is', async () => {
  const events = await tapEvents(service.stack.url);
  const sent = await send({ message_id: 'one' });
  expect(sent).toMatchObject([{ message_id: 'one', body: 'Grüße & <b>', state: 'under way' }]);
  const [head = '', form = ''] = sent[0]?.request.split('\r\n\r\n') ?? [];
  expect(head.split('\r\n')).toEqual([
    'POST /sms/test HTTP/1.1',
    `Host: ${new URL(service.stack.url).host}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${form.length}`,
  ]);
  expect(Object.fromEntries(new URLSearchParams(form))).toMatchObject({
    from: '+61491570006',
    sms_number: '+61491570156',
    body: 'Grüße & <b>',
    message_id: 'one',
    webhook_url: service.stack.webhookUrl,
  });
  const [delivery] = await ended(sent);
  expect(delivery).toMatchObject({ state: 'delivered', attempts: [{ status: 200 }] });
  expect(JSON.parse(delivery?.attempts[0]?.answer ?? '')).toMatchObject({ outcome: 'published' });
  await vi.waitFor(() => expect(events.of('delivery').at(-1)).toEqual(delivery));
});

it('gives each message an id of its own', async () => {
  const sent = await send({ count: 12 });
  expect(new Set(sent.map(({ message_id }) => message_id)).size).toBe(12);
  const deliveries = await ended(sent);
  expect(deliveries.map(({ state }) => state)).toEqual(Array(12).fill('delivered'));
  // The latest first.
  expect(deliveries.map(({ id }) => id)).toEqual(sent.map(({ id }) => id).reverse());
});

it('posts copies of one message, each a delivery', async () => {
  const sent = await send({ copies: 10 });
  expect(new Set(sent.map(({ id }) => id)).size).toBe(10);
  expect(new Set(sent.map(({ message_id }) => message_id)).size).toBe(1);
  expect(new Set(sent.map(({ request }) => request)).size).toBe(1);
  const deliveries = await ended(sent);
  const id = sent[0]?.message_id ?? '';
  await service.arrived(id);
  expect(deliveries.some(({ state }) => state === 'delivered')).toBe(true);
  const arrived = await service.get<SubscriberMessage[]>('subscriber');
  expect(arrived.filter(({ message_id }) => message_id === id)).toHaveLength(1);
});

it('e-mails what is refused ten times', async () => {
  const events = await tapEvents(service.stack.url);
  const sent = await send({ from: 'a\u0007b', message_id: 'REFUSED' });
  const [delivery] = await ended(sent);
  expect(delivery?.state).toBe('e-mailed');
  expect(delivery?.attempts.map(({ status }) => status)).toEqual(Array(10).fill(400));
  await vi.waitFor(() => expect(events.of('email')).toHaveLength(1));
  const outbox = await service.get<FallbackEmail[]>('outbox');
  expect(outbox[0]).toEqual(events.of('email')[0]);
  expect(outbox[0]).toMatchObject({ to: 'you@example.com', message_id: 'REFUSED' });
  expect(outbox[0]?.text).toContain('Grüße & <b>');
  expect(outbox[0]?.text).toContain('The last answer was 400.');
  // The beginning was told, each attempt, and the end.
  const told = events.of('delivery').map(({ attempts, state }) => [attempts.length, state]);
  expect(told).toEqual([
    ...Array.from({ length: 11 }, (_, index) => [index, 'under way']),
    [10, 'e-mailed'],
  ]);
});

it('links a UUID to the message as it is stored', async () => {
  const message_id = '297ABF7F-99D9-4B7D-9C46-1D7C13687B11';
  const sent = await send({ message_id });
  expect(sent[0]?.message_id).toBe(message_id.toLowerCase());
  expect(sent[0]?.request).toContain(message_id);
  await ended(sent);
  await service.arrived(sent[0]?.message_id ?? '');
});
