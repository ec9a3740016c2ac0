import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Chaos, PbxDelivery, SendRequest } from '../../console/lab-protocol.ts';
import { clientOf } from '../../local/aws.ts';
import type { LocalStack } from '../../local/stack.ts';
import { putItems, storedItem } from '../stored-records.ts';

const MINUTE_MS = 60_000;
const POLL_MS = 50;

/** Numbers that ACMA reserves for fiction. */
const BAKERY = '+61255500111';
const CLINIC = '+61355500222';

/** From, to, text, the minutes since it was received, and how late it was published, s. */
const EARLIER: readonly (readonly [number, string, string, string, number?])[] = [
  [3, '+61491570156', BAKERY, 'Great, see you at 3 then!'],
  [11, '+61491570157', CLINIC, 'Y'],
  [26, '+61491570158', BAKERY, 'Do you have gluten-free sourdough today?'],
  [31, 'PharmaDirect', CLINIC, 'Order 20418 has been dispatched and arrives on Thursday.'],
  [47, '+61491570110', CLINIC, 'Running 10 min late for the 2:15, sorry', 98],
  [64, '+61491570156', BAKERY, 'Could I change the cake to chocolate?'],
  [92, '+61491570159', CLINIC, 'STOP'],
  [118, '+61491570006', BAKERY, 'Thanks, that was delicious'],
  [170, '+61491570158', BAKERY, 'What are your hours on Sunday?'],
  [225, '+61491570157', CLINIC, 'Is Dr Lee in on Friday afternoon?'],
  [300, '+61491570110', CLINIC, 'Please call me back about the referral'],
  [415, '+61491570159', BAKERY, 'Two dozen rolls for Saturday, please'],
  [540, '+61491570006', BAKERY, 'Vous êtes ouverts dimanche ?'],
];

/** A message that was refused because another one has its id. */
const REUSED_ID = randomUUID();

/**
 * A stack as it is after some hours: first earlier messages, then messages whose every step the
 * page can show.
 */
export async function setScene(stack: LocalStack): Promise<void> {
  await store(stack);
  await send(stack, { from: '+61491570158', body: 'Hello, are you open on Sunday?' });
  await send(stack, { from: '+61491570156', body: 'On my way', message_id: REUSED_ID });
  await send(stack, { from: '+61491570157', body: 'Table for 4?', message_id: REUSED_ID });
  await send(stack, { from: '+61491570006', body: 'Order for Ms Park, 6 pm', copies: 10 });
  await chaos(stack, { snsDown: true });
  const retried = { from: '+61491570110', body: 'Can I move my appointment to 4 pm?' };
  const { ids, end } = await begin(stack, { ...retried, retryDelayMs: 1_000 });
  await until(stack, ids, ({ attempts }) => attempts.length > 0);
  await chaos(stack, {});
  await end();
}

/**
 * Sends many messages while SNS is down, so more messages are stored than published.
 *
 * @returns A function that ends this, because a stack that stops in the middle fails.
 */
export async function breakDown(stack: LocalStack): Promise<() => Promise<void>> {
  await send(stack, { body: 'One of many', count: 180 });
  await chaos(stack, { snsDown: true, dynamodbDelayMs: 200 });
  const more = { body: 'One of many more', count: 10, retryDelayMs: 4_000 };
  const { ids, end } = await begin(stack, more);
  await until(stack, ids, ({ attempts }) => attempts.length > 1);
  return async () => {
    await chaos(stack, {});
    await end();
  };
}

async function store({ dynamodbEndpoint, tableName }: LocalStack): Promise<void> {
  const items = EARLIER.map(([minutes, from, sms_number, body, late = 0]) => {
    const received_at = Date.now() - minutes * MINUTE_MS - Math.round(Math.random() * 30_000);
    const published_at = received_at + late * 1_000 + 20 + Math.round(Math.random() * 40);
    const message = { from, sms_number, body, message_id: randomUUID(), service_id: '12345' };
    const extra = { webhook_url_fallback: 'you@example.com' };
    const timestamp = Math.floor(received_at / 1_000) - 1;
    return storedItem({ ...message, extra, timestamp }, received_at, published_at);
  });
  const client = new DynamoDBClient(clientOf(dynamodbEndpoint));
  await putItems(client, tableName, items);
  client.destroy();
}

async function chaos(stack: LocalStack, faults: Partial<Chaos>): Promise<void> {
  const none = { snsDown: false, dropPutAnswer: false, killBeforePublish: false };
  await ask(stack, 'PUT', 'chaos', { ...none, dynamodbDelayMs: 0, ...faults });
}

/** Waits until the message is delivered or e-mailed. */
async function send(stack: LocalStack, request: Partial<SendRequest>): Promise<void> {
  const { end } = await begin(stack, request);
  await end();
}

const REQUEST = { from: '+61491570006', sms_number: BAKERY, body: '', retryDelayMs: 0 };

async function begin(stack: LocalStack, request: Partial<SendRequest>) {
  const sent = await ask<PbxDelivery[]>(stack, 'POST', 'send', { ...REQUEST, ...request });
  const ids = new Set(sent.map(({ id }) => id));
  return { ids, end: () => until(stack, ids, ({ state }) => state !== 'under way') };
}

/** Waits until it is true for all of these deliveries. */
async function until(
  stack: LocalStack,
  ids: ReadonlySet<string>,
  holds: (delivery: PbxDelivery) => boolean,
): Promise<void> {
  for (;;) {
    const all = await ask<PbxDelivery[]>(stack, 'GET', 'deliveries');
    if (all.every((delivery) => !ids.has(delivery.id) || holds(delivery))) return;
    await delay(POLL_MS);
  }
}

async function ask<Answer>(
  { url }: LocalStack,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> {
  const answer = await fetch(`${url}/_console/api/${path}`, {
    method,
    headers: { origin: url, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}`);
  return (await answer.json()) as Answer;
}
