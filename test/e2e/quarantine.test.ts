import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fromQuarantineItem, quarantineKeyOf } from '../../lib/aws/quarantine-item.ts';
import { decodeForm } from '../../lib/http/form.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { type FaultyStack, startFaultyStack } from '../helpers/faulty-stack.ts';
import { postForm, startTestStack, subscribeQueue } from '../helpers/local-stack.ts';
import { startSilentHost } from '../helpers/start-silent-host.ts';

let service: FaultyStack;
beforeAll(async () => {
  service = await startFaultyStack();
});
afterAll(() => service[Symbol.asyncDispose]());
beforeEach(() => service.reset());

const FAULTY = { from: '\n' };
const lastLine = () => JSON.parse(service.logs.at(-1) ?? '{}');
const post = async (fields: Record<string, string>) =>
  (await postForm(service.stack.webhookUrl, fields)).status;
const entry = async (id: string) => {
  const item = await service.item(quarantineKeyOf(id));
  return item && fromQuarantineItem(item);
};

describe('a request that the shipped bundle refuses', () => {
  it('is kept once for the PBX’s ten attempts, and is not published', async () => {
    await using queue = await subscribeQueue(service.stack);
    const fields = someForm(FAULTY);
    for (let timestamp = 1_700_000_000; timestamp < 1_700_000_010; timestamp++) {
      expect(await post({ ...fields, timestamp: String(timestamp) })).toBe(400);
    }
    const { quarantine_id, request_id } = lastLine();
    expect(await entry(quarantine_id)).toMatchObject({
      reason: 'invalid',
      faults: expect.stringMatching(/^from must not hold/),
      requests: 10,
      last_request: request_id,
      sent_message_id: fields.message_id,
    });
    await service.stack.invoke('publishPending', {});
    expect(lastLine()).toMatchObject({ outcome: 'swept' });
    expect(await queue.all()).toEqual([]);
  });

  it('is kept as it was sent, without the token', async () => {
    const fields = someForm({ ...FAULTY, body: 'Hello & goodbye 😀', a: '+%26' });
    const webhook_url = service.stack.webhookUrl;
    expect(await post({ ...fields, webhook_url })).toBe(400);
    const kept = await entry(lastLine().quarantine_id);
    const form = decodeForm(kept?.form ?? Buffer.alloc(0));
    expect(Object.fromEntries(form.fields)).toEqual({
      ...fields,
      webhook_url: webhook_url.replace(/[^/]+$/, 'REDACTED'),
    });
  });

  it('costs one call, and one more at first; a message costs none', async () => {
    await post(someForm(FAULTY));
    service.reset();
    await post(someForm(FAULTY));
    expect(service.operations()).toEqual(['UpdateItem']);
    service.reset();
    const fields = someForm();
    expect(await post(fields)).toBe(200);
    expect(await post(fields)).toBe(200);
    expect(service.operations()).toEqual(['PutItem', 'Publish', 'UpdateItem', 'PutItem']);
    expect(await post({ ...fields, body: 'Another text' })).toBe(409);
    expect(await entry(lastLine().quarantine_id)).toMatchObject({ reason: 'conflict' });
  });

  it('is counted once if an answer was lost', async () => {
    let lost = 0;
    service.dynamodb.setFault(({ body }) =>
      String(JSON.stringify(body)).includes('last_request') && lost++ === 0
        ? { kind: 'drop-answer' }
        : undefined,
    );
    expect(await post(someForm(FAULTY))).toBe(400);
    expect(lost).toBe(2);
    expect(lastLine()).toMatchObject({ quarantined: true });
    expect(await entry(lastLine().quarantine_id)).toMatchObject({ requests: 1 });
  });

  it.each([
    ['never answers', () => ({ kind: 'hang' }) as const],
    [
      'denies it',
      () => ({ kind: 'error-before', code: 'AccessDeniedException', status: 400 }) as const,
    ],
  ])('is answered the same if DynamoDB %s', async (_, fault) => {
    service.dynamodb.setFault(fault);
    const fields = someForm(FAULTY);
    expect(await post(fields)).toBe(400);
    expect(lastLine()).toMatchObject({ outcome: 'invalid', quarantined: false });
    expect(lastLine().quarantine_fault).toMatch(/^(TimeoutError|AccessDeniedException)$/);
    service.reset();
    expect(await post(fields)).toBe(400);
    expect(await entry(lastLine().quarantine_id)).toMatchObject({ requests: 1 });
  });
});

it('a refused request is answered the same if DynamoDB cannot be reached', async () => {
  const lines: string[] = [];
  await using stack = await startTestStack({
    endpoints: { dynamodb: await startSilentHost() },
    onFunctionLog: (_, line) => lines.push(line),
  });
  expect((await postForm(stack.webhookUrl, someForm(FAULTY))).status).toBe(400);
  expect(JSON.parse(lines.at(-1) ?? '{}')).toMatchObject({
    outcome: 'invalid',
    quarantined: false,
    quarantine_fault: 'TimeoutError',
  });
});
