import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Attempt, KnownAttempts } from '../../../../tools/console/protocol.ts';
import { postForm } from '../../../helpers/local-stack.ts';
import { ConsoleStack } from './console-stack.ts';

let service: ConsoleStack;
beforeAll(async () => {
  service = await ConsoleStack.start();
});
afterAll(() => service?.[Symbol.asyncDispose]());

/** What the console knows of the last request. */
async function lastAttempt(): Promise<Attempt | undefined> {
  return (await service.get<KnownAttempts>('attempts')).attempts.at(-1);
}

const TIMES = { at: expect.any(Number), ms: expect.any(Number) };

it('knows a message that is published, a duplicate and a conflict', async () => {
  const id = randomUUID();
  await service.deliver(id);
  expect(await lastAttempt()).toEqual({
    ...TIMES,
    status: 200,
    outcome: 'published',
    message_id: id,
  });
  await service.deliver(id);
  expect(await lastAttempt()).toMatchObject({ status: 200, outcome: 'duplicate', message_id: id });
  await service.deliver(id, 'Something else');
  expect(await lastAttempt()).toEqual({
    ...TIMES,
    status: 409,
    outcome: 'conflict',
    message_id: id,
    reason: 'Another message has this message_id',
    quarantine_id: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

it.each<[string, string, Partial<Attempt>]>([
  [
    'a form with faults',
    'message_id=a-1&from=1&body=x',
    {
      status: 400,
      outcome: 'invalid',
      message_id: 'a-1',
      reason: 'Fields are missing or malformed: sms_number is missing',
    },
  ],
  [
    'a UUID in upper case',
    'message_id=297ABF7F-99D9-4B7D-9C46-1D7C13687B11',
    { status: 400, outcome: 'invalid', message_id: '297abf7f-99d9-4b7d-9c46-1d7c13687b11' },
  ],
  [
    'a form that is too large',
    `message_id=a-2&body=${'x'.repeat(70_000)}`,
    { status: 413, outcome: 'too-large', message_id: 'a-2' },
  ],
])('knows what is wrong with %s', async (_, form, expected) => {
  await postForm(service.stack.webhookUrl, form);
  expect(await lastAttempt()).toMatchObject(expected);
});

it.each([
  ['two ids', 'message_id=a&message_id=b', 400],
  ['an id that is none', 'message_id=a%20b', 400],
  ['no id', 'from=1', 400],
])('takes %s for no id', async (_, form, status) => {
  await postForm(service.stack.webhookUrl, form);
  const attempt = await lastAttempt();
  expect(attempt).toMatchObject({ status, outcome: 'invalid' });
  expect(attempt).not.toHaveProperty('message_id');
});

it('knows requests that are no delivery', async () => {
  const { webhookUrl, url } = service.stack;
  await fetch(webhookUrl);
  expect(await lastAttempt()).toMatchObject({ status: 405, outcome: 'method-not-allowed' });
  const headers = { 'content-type': 'application/json' };
  await fetch(webhookUrl, { method: 'POST', headers, body: '{}' });
  expect(await lastAttempt()).toMatchObject({ status: 415, outcome: 'not-a-form' });
  await postForm(`${url}/sms/wrong`, `message_id=${randomUUID()}`);
  expect(await lastAttempt()).toEqual({
    ...TIMES,
    status: 404,
    outcome: 'unknown-token',
    reason: 'There is nothing at this URL',
  });
});

it('holds nothing of what the sender wrote', async () => {
  await postForm(service.stack.webhookUrl, 'message_id=a-3&from=%2B61491570006&body=secret&body=2');
  const attempt = await lastAttempt();
  expect(attempt).toMatchObject({ status: 400 });
  expect(JSON.stringify(attempt)).not.toMatch(/secret|61491570006/);
});
