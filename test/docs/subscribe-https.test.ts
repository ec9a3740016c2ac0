import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hangUp, listen } from '../../tools/local/listen.ts';
import type { LocalStack } from '../../tools/local/stack.ts';
import type { TopicMessage } from '../../tools/local/topic-queue.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { createInbox, type InboxTable } from '../helpers/inbox-table.ts';
import { postForm, startTestStack, subscribeQueue } from '../helpers/local-stack.ts';
import { type Envelope, type SigningSns, startSigningSns } from '../helpers/signing-sns.ts';

/** The published message, and its form. */
let published: TopicMessage;
let form: ReturnType<typeof someForm>;

let stack: LocalStack;
let inbox: InboxTable;
let sns: SigningSns;
let server: Server;
let endpoint: string;
let handled: string[];
/** The handler's error, if it should reject. */
let failure: Error | undefined;
beforeAll(async () => {
  stack = await startTestStack();
  inbox = await createInbox(stack);
  for (const [name, value] of Object.entries(inbox.environment)) vi.stubEnv(name, value);
  sns = await startSigningSns();
  const { snsEndpoint } = await import('../../examples/https-endpoint.ts');
  const { saveOnce } = await import('../../examples/save-once.ts');
  const { topicArn } = stack;
  server = createServer(
    snsEndpoint({
      topicArn,
      agent: sns.agent,
      handle: async (message) => {
        if (failure) throw failure;
        handled.push(message.message_id);
        await saveOnce(message);
      },
    }),
  );
  endpoint = `http://localhost:${await listen(server)}/sms`;

  await using queue = await subscribeQueue(stack);
  form = someForm({ body: 'über HTTPS 😀' });
  expect((await postForm(stack.webhookUrl, form)).status).toBe(200);
  published = (await queue.receive(1))[0] ?? expect.unreachable();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  if (server) await hangUp(server);
  await sns?.[Symbol.asyncDispose]();
  await inbox?.[Symbol.asyncDispose]();
  await stack?.close();
});
beforeEach(() => {
  handled = [];
  failure = undefined;
  sns.failure = () => undefined;
  sns.hosts.length = 0;
  sns.paths.length = 0;
});

/** Posts a request as SNS does. @returns The status. */
async function post(body: Envelope | string): Promise<number> {
  const headers = { 'content-type': 'text/plain; charset=UTF-8' };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return (await fetch(endpoint, { method: 'POST', headers, body: text })).status;
}

const notification = (version?: '1' | '2') => sns.notification(stack.topicArn, published, version);

describe('the HTTPS endpoint accepts', () => {
  it('the request to confirm its subscription, and confirms it', async () => {
    expect(await post(sns.confirmation(stack.topicArn))).toBe(200);
    expect(sns.paths).toContainEqual(expect.stringContaining('Action=ConfirmSubscription'));
    expect(handled).toEqual([]);
  });

  it.each(['1', '2'] as const)('a message signed in version %s, and keeps it', async (version) => {
    expect(await post(notification(version))).toBe(200);
    expect(await inbox.texts()).toMatchObject({ [form.message_id]: form.body });
  });

  it('a message twice, and keeps it once', async () => {
    expect(await post(notification())).toBe(200);
    expect(await post(notification())).toBe(200);
    expect(handled).toEqual([form.message_id, form.message_id]);
    expect(Object.keys(await inbox.texts())).toEqual([form.message_id]);
  });

  it('a message without a subject', async () => {
    const { subject: _, ...content } = published;
    expect(await post(sns.notification(stack.topicArn, content))).toBe(200);
    expect(handled).toEqual([form.message_id]);
  });

  it('the notice that it was unsubscribed, and does not subscribe again', async () => {
    expect(await post(sns.confirmation(stack.topicArn, 'UnsubscribeConfirmation'))).toBe(200);
    expect(sns.paths).not.toContainEqual(expect.stringContaining('ConfirmSubscription'));
  });
});

describe('SNS retries', () => {
  it('if the message was not handled', async () => {
    failure = new Error('not now');
    expect(await post(notification())).toBe(500);
    failure = undefined;
    expect(await post(notification())).toBe(200);
  });

  it('if the certificate is unreachable, and then the message is accepted', async () => {
    sns.failure = () => 503;
    expect(await post(notification())).toBe(500);
    expect(handled).toEqual([]);
    sns.failure = () => undefined;
    expect(await post(notification())).toBe(200);
  });

  it.each([
    ['SNS fails', 500],
    ['the connection breaks', 0],
  ])('if the subscription could not be confirmed, because %s', async (_, status) => {
    sns.failure = (path) => (path.includes('ConfirmSubscription') ? status : undefined);
    expect(await post(sns.confirmation(stack.topicArn))).toBe(500);
  });
});

describe('the HTTPS endpoint does not handle', () => {
  it.each<[string, (envelope: Envelope) => Envelope]>([
    ['another text', (e) => ({ ...e, Message: e.Message.replace('HTTPS', 'HTTP') })],
    ['another id', (e) => ({ ...e, MessageId: 'x' })],
    ['another subject', (e) => ({ ...e, Subject: 'x' })],
    ['no subject', ({ Subject: _, ...e }) => e],
    ['another type', (e) => ({ ...e, Type: 'SubscriptionConfirmation', SubscribeURL: endpoint })],
    ['another version', (e) => ({ ...e, SignatureVersion: '1' })],
    ['no signature', ({ Signature: _, ...e }) => e as Envelope],
  ])('a message with another %s than the signed one', async (_, change) => {
    expect(await post(change(notification()))).toBe(500);
    expect(handled).toEqual([]);
    expect(sns.paths).not.toContainEqual(expect.stringContaining('ConfirmSubscription'));
  });

  it.each([
    ['another host', 'https://example.com'],
    ['plain HTTP', 'http://sns.ap-southeast-2.amazonaws.com'],
    ['a longer name', 'https://sns.ap-southeast-2.amazonaws.com.example.com'],
    [
      'a longer name, for new parsers only',
      'https://sns.ap-southeast-2.amazonaws.com%2eexample.com',
    ],
    ['the query of another', 'https://example.com/?https://sns.ap-southeast-2.amazonaws.com'],
    ['the user of another', 'https://sns.ap-southeast-2.amazonaws.com@example.com'],
    ['another path', 'https://sns.ap-southeast-2.amazonaws.com/other'],
    ['a file', 'file://'],
  ])('a message with a certificate at %s, which it does not fetch', async (_, origin) => {
    const envelope = notification();
    const { pathname } = new URL(envelope.SigningCertURL);
    expect(await post({ ...envelope, SigningCertURL: origin + pathname })).toBe(500);
    expect(sns.hosts).toEqual([]);
    expect(handled).toEqual([]);
  });

  it('messages of another topic, even if SNS signed them', async () => {
    const another = stack.topicArn.replace(/:\d{12}:/, ':111122223333:');
    expect(await post(sns.notification(another, published))).toBe(403);
    expect(await post(sns.confirmation(another))).toBe(403);
    expect(handled).toEqual([]);
    expect(sns.paths).not.toContainEqual(expect.stringContaining('ConfirmSubscription'));
  });

  it.each(['', 'null', '[]', '"text"', '{', '{}', '{"Type":"Notification"}'])(
    '%j',
    async (body) => {
      expect(await post(body)).toBe(500);
    },
  );

  it('more than SNS sends', async () => {
    // It does not wait for the end, which might never come.
    const body = new ReadableStream({
      start: (stream) => stream.enqueue(Buffer.alloc(3_000_000, 'x')),
    });
    const answer = fetch(endpoint, { method: 'POST', body, duplex: 'half' });
    expect([500, 'hung up']).toContain(
      await answer.then(
        ({ status }) => status,
        () => 'hung up',
      ),
    );
    expect(await post(notification())).toBe(200);
  });
});
