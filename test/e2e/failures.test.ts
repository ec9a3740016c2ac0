import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { someForm } from '../fixtures/webhook-event.ts';
import { type FaultyStack, startFaultyStack } from '../helpers/faulty-stack.ts';
import { postForm, type SubscribedQueue, subscribeQueue } from '../helpers/local-stack.ts';

let service: FaultyStack;
let queue: SubscribedQueue;
beforeAll(async () => {
  service = await startFaultyStack();
  queue = await subscribeQueue(service.stack);
});
afterAll(async () => {
  await queue.close();
  await service[Symbol.asyncDispose]();
});
beforeEach(async () => {
  service.reset();
  await queue.all();
});

const post = (fields: Record<string, string>) => postForm(service.stack.webhookUrl, fields);
const sweep = () => service.stack.invoke('publishPending', {});
const arrived = async () =>
  (await queue.all()).map(({ message }) => JSON.parse(message).message_id as string);

async function expectUnavailable(answer: Response): Promise<void> {
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Object.keys((await answer.json()) as object)).not.toContain('detail');
}

describe('SNS fails', () => {
  it('the message is stored and answered 503; the PBX’s retry publishes it', async () => {
    const fields = someForm();
    await service.stack.stopSns();
    await expectUnavailable(await post(fields));
    expect(await service.item(fields.message_id)).toHaveProperty('pending_shard');
    await service.stack.startSns();
    expect((await post(fields)).status).toBe(200);
    expect(await arrived()).toEqual([fields.message_id]);
  });

  it('the sweeper publishes the message once if the PBX never calls again', async () => {
    const fields = someForm();
    service.sns.setFault(() => ({ kind: 'error-before', code: 'InternalError', status: 500 }));
    await expectUnavailable(await post(fields));
    service.reset();
    await sweep();
    expect(await arrived()).toEqual([]);
    await service.age(fields.message_id);
    await sweep();
    expect(await arrived()).toEqual([fields.message_id]);
    await sweep();
    expect(await arrived()).toEqual([]);
    expect(await (await post(fields)).json()).toMatchObject({ outcome: 'duplicate' });
  });

  it('the caller gets a 503 before the function’s timeout if SNS never answers', async () => {
    service.sns.setFault(() => ({ kind: 'hang' }));
    await expectUnavailable(await post(someForm()));
    expect(service.logs.join('\n')).toContain('"outcome":"unavailable"');
  });
});

describe('DynamoDB fails', () => {
  it.each([
    ['is down', () => ({ kind: 'reset' }) as const],
    ['never answers', () => ({ kind: 'hang' }) as const],
    [
      'throttles',
      () => ({ kind: 'error-before', code: 'ProvisionedThroughputExceededException' }) as const,
    ],
  ])('%s: 503, and nothing is published', async (_, fault) => {
    service.dynamodb.setFault(fault);
    const fields = someForm();
    await expectUnavailable(await post(fields));
    service.reset();
    expect(await arrived()).toEqual([]);
    expect((await post(fields)).status).toBe(200);
    expect(await arrived()).toEqual([fields.message_id]);
  });

  it('the SDK’s retry is recognised as ours if the put’s answer is lost', async () => {
    service.dynamodb.setFault(({ operation }) => {
      if (operation !== 'PutItem') return undefined;
      service.dynamodb.setFault(undefined);
      return { kind: 'drop-answer' };
    });
    const fields = someForm();
    expect((await post(fields)).status).toBe(200);
    expect(service.operations()).toEqual(['PutItem', 'PutItem', 'Publish', 'UpdateItem']);
    expect(await arrived()).toEqual([fields.message_id]);
  });

  it('a failed mark gives a 200, and the sweeper marks the message', async () => {
    service.dynamodb.setFault(({ operation }) =>
      operation === 'UpdateItem'
        ? { kind: 'error-before', code: 'InternalServerError', status: 500 }
        : undefined,
    );
    const fields = someForm();
    expect((await post(fields)).status).toBe(200);
    service.reset();
    await service.age(fields.message_id);
    await sweep();
    expect(await arrived()).toEqual([fields.message_id, fields.message_id]);
    expect(await service.item(fields.message_id)).not.toHaveProperty('pending_shard');
  });
});

describe('the function is killed between put and publish', () => {
  async function crashBeforePublish(fields: Record<string, string>): Promise<void> {
    service.sns.setFault(async () => {
      await service.stack.killInstances('receiveSms');
      return { kind: 'reset' };
    });
    expect((await post(fields)).status).toBe(500);
    service.reset();
  }

  it('a retry waits for its claim to end, and then publishes', async () => {
    const fields = someForm();
    await crashBeforePublish(fields);
    await expectUnavailable(await post(fields));
    await service.age(fields.message_id);
    expect((await post(fields)).status).toBe(200);
    expect(await arrived()).toEqual([fields.message_id]);
  });

  it('the sweeper publishes it', async () => {
    const fields = someForm();
    await crashBeforePublish(fields);
    await service.age(fields.message_id);
    await sweep();
    expect(await arrived()).toEqual([fields.message_id]);
  });
});

describe('the sweeper', () => {
  it('publishes the rest in batches and reports its work', async () => {
    const forms = Array.from({ length: 25 }, () => someForm());
    service.sns.setFault(() => ({ kind: 'error-before', code: 'Throttling', status: 400 }));
    await Promise.all(forms.slice(0, 5).map(post));
    service.sns.setFault(() => ({ kind: 'error-before', code: 'AuthorizationError', status: 403 }));
    await Promise.all(forms.slice(5).map(post));
    service.reset();
    await Promise.all(forms.map(({ message_id }) => service.age(message_id)));
    await sweep();
    expect(service.operations().filter((operation) => operation === 'PublishBatch')).toHaveLength(
      3,
    );
    expect((await arrived()).toSorted()).toEqual(forms.map((f) => f.message_id).toSorted());
    expect(JSON.parse(service.logs.at(-1) ?? '')).toMatchObject({
      outcome: 'swept',
      SweepPublished: 25,
      Pending: 0,
      OldestPendingAge: 0,
    });
  });
});

describe('the logs', () => {
  const SECRETS = {
    from: '+61411222333',
    sms_number: '+61444555666',
    body: 'a-very-private-text',
    webhook_url: 'https://ENDPOINT/sms/secret-token-in-the-url',
    webhook_url_fallback: 'someone@private.example',
  };

  it('of nine outcomes have message_id and outcome, and nothing private', async () => {
    const fields = someForm(SECRETS);
    const seen = new Set<string>();
    const collect = () => {
      for (const line of service.logs) {
        for (const secret of Object.values(SECRETS)) expect(line).not.toContain(secret);
        expect(line).not.toMatch(/private|secret-token|222333|555666|sms\/test/);
        const { outcome, message_id, duration_ms, requests, attempts } = JSON.parse(line);
        seen.add(outcome);
        expect(duration_ms).toBeTypeOf('number');
        if (['published', 'duplicate', 'conflict', 'in-flight'].includes(outcome)) {
          expect(message_id).toBe(fields.message_id);
        }
        if (['published', 'duplicate', 'in-flight'].includes(outcome)) {
          expect([requests, attempts]).toEqual([expect.any(Number), expect.any(Number)]);
        }
      }
      service.reset();
    };

    service.sns.setFault(() => ({ kind: 'error-before', code: 'InternalError', status: 500 }));
    await post(fields);
    collect();
    await post(fields);
    await post(fields);
    await post({ ...fields, body: `${SECRETS.body}!` });
    await post({ ...fields, message_id: 'a-very-private-text with a space' });
    await postForm(service.stack.webhookUrl, `${new URLSearchParams(fields)}&body=private`);
    await fetch(service.stack.webhookUrl);
    const body = JSON.stringify(fields);
    await fetch(service.stack.webhookUrl, { method: 'POST', body });
    await post({ ...fields, more: 'private'.repeat(10_000) });
    await fetch(service.stack.webhookUrl.replace(/test$/, 'secret-token'), { method: 'POST' });
    collect();
    const other = { ...fields, message_id: fields.message_id };
    service.dynamodb.setFault(() => ({ kind: 'error-before', code: 'AccessDeniedException' }));
    await post(other);
    collect();

    expect([...seen].toSorted()).toEqual([
      'conflict',
      'duplicate',
      'invalid',
      'method-not-allowed',
      'not-a-form',
      'published',
      'too-large',
      'unavailable',
      'unknown-token',
    ]);
  });
});
