import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PROVIDER_FORM, someForm } from '../fixtures/webhook-event.ts';
import { type FaultyStack, startFaultyStack } from '../helpers/faulty-stack.ts';
import { postForm, subscribeQueue } from '../helpers/local-stack.ts';

let service: FaultyStack;
beforeAll(async () => {
  service = await startFaultyStack();
});
afterAll(() => service[Symbol.asyncDispose]());
beforeEach(() => service.reset());

const post = (fields: string | Record<string, string>) =>
  postForm(service.stack.webhookUrl, fields);
const postRaw = (init: RequestInit, url = service.stack.webhookUrl) =>
  fetch(url, { method: 'POST', ...init });
const problemOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return (await response.json()) as { status: number; errors?: { field: string }[] };
};

describe('a new message', () => {
  it('from the curl of the provider’s guide is stored, published and answered 200', async () => {
    await using queue = await subscribeQueue(service.stack);
    const curl = ['-s', '-w', '%{http_code}', '-X', 'POST', service.stack.webhookUrl];
    const { stdout } = await promisify(execFile)('curl', [...curl, '--data', PROVIDER_FORM]);
    expect(stdout).toMatch(/200$/);

    const [notification] = await queue.receive(1);
    expect(JSON.parse(notification?.message ?? '')).toEqual({
      schema: 'inbound-sms/1',
      message_id: '297abf7f-99d9-4b7d-9c46-1d7c13687b11',
      service_id: 'YOUR_SERVICE_ID',
      from: 'YOUR_FROM_NUMBER',
      sms_number: 'YOUR_SMS_NUMBER',
      body: 'Test Message',
      timestamp: 1_576_391_654,
      received_at: expect.any(Number),
      extra: {
        webhook_url: 'https://ENDPOINT/sms/REDACTED',
        webhook_url_fallback: 'you@email.com',
      },
    });
    const item = await service.item('297abf7f-99d9-4b7d-9c46-1d7c13687b11');
    expect(item).toMatchObject({ body: { S: 'Test Message' }, attempts: { N: '1' } });
    for (const set of ['published_at', 'sns_message_id', 'expires_at']) {
      expect(item).toHaveProperty(set);
    }
    for (const removed of ['pending_shard', 'claim_owner', 'claim_until']) {
      expect(item).not.toHaveProperty(removed);
    }
  });

  it('costs three AWS calls, and its duplicate costs one', async () => {
    const fields = someForm();
    expect((await post(fields)).status).toBe(200);
    expect(service.operations()).toEqual(['PutItem', 'Publish', 'UpdateItem']);
    service.reset();
    expect(await (await post(fields)).json()).toMatchObject({ outcome: 'duplicate' });
    expect(service.operations()).toEqual(['PutItem']);
  });

  it('posted twenty times at once is published once', async () => {
    await using queue = await subscribeQueue(service.stack);
    const fields = someForm();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(fields)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain(200);
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(await queue.all()).toHaveLength(1);
    expect((await post(fields)).status).toBe(200);
    expect(await queue.all()).toEqual([]);
  });

  it('is delivered to subscribers whose filter policy it passes', async () => {
    const sms_number = '+61400009999';
    await using mine = await subscribeQueue(service.stack, {
      filterPolicy: { sms_number: [sms_number] },
    });
    await using others = await subscribeQueue(service.stack, {
      filterPolicy: { sms_number: [{ 'anything-but': [sms_number] }] },
    });
    await post(someForm({ sms_number, body: 'mine' }));
    await post(someForm({ body: 'not mine' }));
    expect((await mine.all()).map(({ message }) => JSON.parse(message).body)).toEqual(['mine']);
    expect((await others.all()).map(({ message }) => JSON.parse(message).body)).toEqual([
      'not mine',
    ]);
  });

  it.each([
    ['emoji and their joiners', '😀👩‍👩‍👧🇦🇺'],
    ['text from right to left and combining marks', '‏שלום \u202Ee\u0301'],
    ['NUL, controls, and what XML cannot carry', '\0\x01\x1f\x7f\x85\uFFFE\uFFFF\uFEFF\r\n\t'],
    ['the special characters of GSM-7', '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞ^{}\\[~]|€ÆæßÉ¡ÄÖÑÜ§¿äöñüà'],
    ['what a form escapes', '+ %&=%41%zz%'],
    ['1,600 characters in many parts', 'a€'.repeat(800)],
    ['nothing', ''],
  ])('of %s is delivered unchanged', async (_, body) => {
    await using queue = await subscribeQueue(service.stack);
    expect((await post(someForm({ body, constructor: body }))).status).toBe(200);
    const [notification] = await queue.receive(1);
    expect(JSON.parse(notification?.message ?? '')).toMatchObject({
      body,
      extra: { constructor: body },
    });
  });
});

describe('a refused request', () => {
  it('with other content under a known id is a conflict, changes nothing and publishes nothing', async () => {
    const fields = someForm();
    await post(fields);
    const before = await service.item(fields.message_id);
    service.reset();
    const answer = await post({ ...fields, body: 'Other' });
    expect(answer.status).toBe(409);
    await problemOf(answer);
    expect(service.operations()[0]).toBe('PutItem');
    expect(service.operations()).not.toContain('Publish');
    expect(await service.item(fields.message_id)).toEqual(before);
  });

  it('with faulty fields is a 400 that names each of them, and stores nothing', async () => {
    const answer = await post({ message_id: 'a b', from: '\n', timestamp: 'now' });
    expect(answer.status).toBe(400);
    const { errors = [] } = await problemOf(answer);
    expect(errors.map(({ field }) => field)).toEqual(['message_id', 'from', 'sms_number', 'body']);
    expect(service.operations()).not.toContain('PutItem');
  });

  it('with a repeated field is a 400 that names it', async () => {
    const answer = await post(`${new URLSearchParams(someForm())}&body=2`);
    expect(answer.status).toBe(400);
    expect((await problemOf(answer)).errors).toMatchObject([{ field: 'body' }]);
  });

  it.each([
    ['JSON', 415, { body: '{}', headers: { 'content-type': 'application/json' } }],
    ['no form', 415, { body: Buffer.from('hello') }],
    ['64 KiB and more', 413, { body: new URLSearchParams({ body: 'x'.repeat(65_536) }) }],
  ])('with %s is a %i', async (_, status, init) => {
    const answer = await postRaw(init);
    expect(answer.status).toBe(status);
    expect((await problemOf(answer)).status).toBe(status);
    expect(service.operations()).not.toContain('PutItem');
  });

  it('with a wrong token is the same 404 for any request', async () => {
    const url = service.stack.webhookUrl.replace(/test$/, 'wrong');
    const answers = await Promise.all([
      postForm(url, someForm()),
      postForm(url, ''),
      postRaw({ body: 'x'.repeat(100_000) }, url),
      fetch(url),
    ]);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(new Set(texts).size).toBe(1);
    expect(service.operations()).toEqual([]);
  });

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'])(
    'by %s on the right URL is a 405 that allows POST',
    async (method) => {
      const answer = await fetch(service.stack.webhookUrl, { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('POST');
    },
  );
});
