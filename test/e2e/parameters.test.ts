import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalStack, startLocalStack } from '../../tools/local/stack.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { postForm, type SubscribedQueue, subscribeQueue } from '../helpers/local-stack.ts';

const OURS = '+61400000002';
const STRANGERS = '+61400000009';

/** A stack with all parameters that do not affect each other. */
let stack: LocalStack;
/** A stack that accepts messages only from elsewhere, and few of them. */
let closed: LocalStack;
let queue: SubscribedQueue;
let dynamodb: DynamoDBClient;
beforeAll(async () => {
  const start = (params: Record<string, string>) =>
    startLocalStack({ tokens: 'test', schedules: false, params });
  [stack, closed] = await Promise.all([
    start({
      messageFormat: 'aws-two-way-sms',
      topicType: 'fifo',
      allowedSourceCidrs: '127.0.0.0/8,::1/128',
      allowedSmsNumbers: `${OURS},+61400000003`,
      retentionDays: '1',
    }),
    start({ allowedSourceCidrs: '10.0.0.0/8', throttleRate: '1', throttleBurst: '20' }),
  ]);
  queue = await subscribeQueue(stack);
  dynamodb = new DynamoDBClient({
    endpoint: stack.dynamodbEndpoint,
    region: 'ap-southeast-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}, 120_000);
afterAll(async () => {
  dynamodb?.destroy();
  await queue?.close();
  await Promise.all([stack?.close(), closed?.close()]);
});

const keyOf = (messageId: string) => ({
  TableName: stack.tableName,
  Key: { message_id: { S: messageId } },
});
const itemOf = async (messageId: string) =>
  (await dynamodb.send(new GetItemCommand(keyOf(messageId)))).Item;

/** Makes a pending record a day older, because the sweeper ignores young ones. */
async function age(messageId: string): Promise<void> {
  const update = {
    UpdateExpression: 'SET received_at = received_at - :day',
    ExpressionAttributeValues: { ':day': { N: '86400000' } },
  };
  await dynamodb.send(new UpdateItemCommand({ ...keyOf(messageId), ...update }));
}

describe('messageFormat aws-two-way-sms', () => {
  it('publishes the format of AWS End User Messaging, with the same attributes', async () => {
    const fields = someForm({ body: 'Join \uFFFF', service_id: '4711', timestamp: '1576391654' });
    expect((await postForm(stack.webhookUrl, fields)).status).toBe(200);
    const [notification] = await queue.receive(1);
    expect(JSON.parse(notification?.message ?? '')).toEqual({
      originationNumber: fields.from,
      destinationNumber: fields.sms_number,
      messageKeyword: 'JOIN',
      messageBody: 'Join \uFFFF',
      inboundMessageId: fields.message_id,
      previousPublishedMessageId: '',
      timestamp: 1_576_391_654,
      service_id: '4711',
    });
    expect(notification?.attributes).toEqual({
      schema: 'aws-two-way-sms',
      message_id: fields.message_id,
      from: fields.from,
      sms_number: fields.sms_number,
      service_id: '4711',
    });
  });
});

describe('topicType fifo', () => {
  /** Two conversations, in turns. */
  const FORMS = Array.from({ length: 10 }, (_, n) =>
    n % 2 === 0
      ? { from: '+61400000001', body: `first ${n}` }
      : { from: 'Zoë 😀', sms_number: '+61400000003', body: `second ${n}` },
  );
  const someForms = () => FORMS.map((changes) => someForm(changes));
  /** The texts that arrived, by conversation. */
  async function textsArrived(): Promise<Record<'first' | 'second', string[]>> {
    const texts = (await queue.receive(FORMS.length)).map(
      ({ message }) => JSON.parse(message).messageBody as string,
    );
    const of = (conversation: string) => texts.filter((text) => text.startsWith(conversation));
    return { first: of('first'), second: of('second') };
  }
  const INTERLEAVED = {
    first: ['first 0', 'first 2', 'first 4', 'first 6', 'first 8'],
    second: ['second 1', 'second 3', 'second 5', 'second 7', 'second 9'],
  };

  it('delivers each conversation in order', async () => {
    for (const form of someForms()) {
      expect((await postForm(stack.webhookUrl, form)).status).toBe(200);
    }
    expect(await textsArrived()).toEqual(INTERLEAVED);
  });

  it('keeps the order of messages that the sweeper publishes', async () => {
    const forms = someForms();
    await stack.stopSns();
    for (const form of forms) {
      expect((await postForm(stack.webhookUrl, form)).status).toBe(503);
    }
    await stack.startSns();
    for (const { message_id } of forms) await age(message_id);
    await stack.invoke('publishPending', {});
    expect(await textsArrived()).toEqual(INTERLEAVED);
    for (const { message_id } of forms) {
      expect(await itemOf(message_id)).not.toHaveProperty('pending_shard');
    }
  }, 60_000);
});

describe('allowedSourceCidrs', () => {
  it('refuses requests from other addresses, and ignores X-Forwarded-For', async () => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-forwarded-for': '10.1.2.3',
    };
    const body = String(new URLSearchParams(someForm()));
    const answer = await fetch(closed.webhookUrl, { method: 'POST', headers, body });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      type: 'urn:inbound-sms:problem:source-not-allowed',
      detail: expect.stringContaining('allowedSourceCidrs'),
    });
  });

  it('answers a wrong token with 404 from any address', async () => {
    const url = closed.webhookUrl.replace(/test$/, 'wrong');
    expect((await postForm(url, someForm())).status).toBe(404);
  });

  it('accepts requests from its addresses', async () => {
    expect((await postForm(stack.webhookUrl, someForm())).status).toBe(200);
    await queue.receive(1);
  });
});

describe('allowedSmsNumbers', () => {
  it('refuses messages to other numbers, and stores none', async () => {
    const fields = someForm({ sms_number: STRANGERS });
    const answer = await postForm(stack.webhookUrl, fields);
    expect(answer.status).toBe(403);
    const text = await answer.text();
    expect(text).toContain('allowedSmsNumbers');
    expect(text).not.toContain('400000009');
    expect(await itemOf(fields.message_id)).toBeUndefined();
  });

  it('accepts messages to its numbers, also with an unescaped plus', async () => {
    const { sms_number, ...fields } = someForm({ sms_number: OURS });
    const body = `${new URLSearchParams(fields)}&sms_number=${sms_number}`;
    expect((await postForm(stack.webhookUrl, body)).status).toBe(200);
    await queue.receive(1);
  });
});

describe('retentionDays 1', () => {
  it('lets a record expire a day after it was published', async () => {
    const fields = someForm();
    expect((await postForm(stack.webhookUrl, fields)).status).toBe(200);
    const { published_at, expires_at } = (await itemOf(fields.message_id)) ?? {};
    const dayLater = Math.ceil((Number(published_at?.N) + 86_400_000) / 1000);
    expect(Number(expires_at?.N)).toBe(dayLater);
    await queue.receive(1);
  });
});

describe('throttleRate and throttleBurst', () => {
  it('allow no more requests at once, and the PBX is told to try again', async () => {
    const posts = Array.from({ length: 60 }, () => postForm(closed.webhookUrl, someForm()));
    const statuses = (await Promise.all(posts)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([403, 429]));
  });
});
