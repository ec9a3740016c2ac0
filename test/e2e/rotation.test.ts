import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalStack, startLocalStack } from '../../tools/local/stack.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { postForm, subscribeQueue } from '../helpers/local-stack.ts';
import { fingerprint } from '../helpers/token-rotation.ts';

const OLD = 'old-token-of-the-webhook-0123456789';
const NEW = 'new-token-of-the-webhook-0123456789';

const logs: string[] = [];
const start = (tokens: string) =>
  startLocalStack({ tokens, schedules: false, onFunctionLog: (_, line) => logs.push(line) });

let during: LocalStack;
let after: LocalStack;
beforeAll(async () => {
  [during, after] = await Promise.all([start(`${OLD},${NEW}`), start(NEW)]);
}, 120_000);
afterAll(() => Promise.all([during?.close(), after?.close()]));

/** The answer of a token's URL, and the function's log line. */
async function post(stack: LocalStack, token: string) {
  logs.length = 0;
  const url = `${stack.url}/sms/${token}`;
  const { status } = await postForm(url, someForm({ webhook_url: url }));
  expect(logs).toHaveLength(1);
  for (const line of logs) expect(line).not.toMatch(/token-of-the-webhook/);
  return { status, line: JSON.parse(logs[0] ?? '') };
}

it('accepts both tokens during a rotation, and reports when the old one is used', async () => {
  const old = await post(during, OLD);
  expect(old).toMatchObject({
    status: 200,
    line: { token_fingerprint: fingerprint(OLD), OldTokenUsed: 1 },
  });
  const current = await post(during, NEW);
  expect(current).toMatchObject({ status: 200, line: { token_fingerprint: fingerprint(NEW) } });
  expect(current.line).not.toHaveProperty('OldTokenUsed');
});

it('passes neither token on during a rotation, from any field', async () => {
  logs.length = 0;
  await using queue = await subscribeQueue(during);
  const fields = someForm({ body: `${OLD} ${NEW}`, [OLD]: NEW, [NEW]: OLD, service_id: OLD });
  expect((await postForm(`${during.url}/sms/${NEW}`, fields)).status).toBe(200);
  const asId = someForm({ message_id: OLD });
  expect((await postForm(`${during.url}/sms/${NEW}`, asId)).status).toBe(400);

  const [{ message = '', attributes = {} } = {}] = await queue.receive(1);
  expect(JSON.parse(message).body).toBe('REDACTED REDACTED');
  expect(JSON.stringify([message, attributes, logs])).not.toMatch(/token-of-the-webhook/);
});

it('accepts only the new token after a rotation', async () => {
  const old = await post(after, OLD);
  expect(old).toMatchObject({ status: 404, line: { outcome: 'unknown-token' } });
  expect(old.line).not.toHaveProperty('OldTokenUsed');
  const current = await post(after, NEW);
  expect(current).toMatchObject({ status: 200, line: { token_fingerprint: fingerprint(NEW) } });
  expect(current.line).not.toHaveProperty('OldTokenUsed');
});

it('shows the newest token’s URL', () => {
  expect(during.webhookUrl).toBe(`${during.url}/sms/${NEW}`);
});
