import {
  BatchWriteItemCommand,
  DynamoDBClient,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toItem } from '../../lib/aws/message-item.ts';
import { someRecord } from '../fixtures/messages.ts';
import { someForm, webhookEvent } from '../fixtures/webhook-event.ts';
import { type FaultyStack, startFaultyStack } from '../helpers/faulty-stack.ts';
import { type SubscribedQueue, subscribeQueue } from '../helpers/local-stack.ts';
import { type Sandbox, startSandbox } from '../helpers/sandbox.ts';

/** Nothing may be running when Lambda freezes a sandbox, because it would go on in a later invocation. */
const NOTHING = { requests: 0, timers: 0 };

let service: FaultyStack;
let queue: SubscribedQueue;
let client: DynamoDBClient;
beforeAll(async () => {
  service = await startFaultyStack();
  queue = await subscribeQueue(service.stack);
  client = new DynamoDBClient({
    endpoint: service.stack.dynamodbEndpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});
afterAll(async () => {
  client.destroy();
  await queue.close();
  await service[Symbol.asyncDispose]();
});

let sandbox: Sandbox;
beforeEach(() => service.reset());
afterEach(() => sandbox[Symbol.asyncDispose]());

describe('the sweeper', () => {
  beforeEach(async () => {
    sandbox = await startSandbox('publishPending', service);
  });

  it('ends all its calls before it returns when a query fails, and publishes nothing twice', async () => {
    const ids = Array.from({ length: 240 }, (_, n) => `m-${n}`);
    await storePending(ids);
    let queries = 0;
    service.dynamodb.setFault(({ operation }) =>
      operation === 'Query' && ++queries === 5
        ? { kind: 'error-before', code: 'AccessDeniedException' }
        : undefined,
    );
    const failed = await sandbox.invoke({ event: {}, remainingMs: 55_000 });
    expect(failed).toMatchObject({ error: 'AccessDeniedException', underWay: NOTHING });
    const published = await arrived();
    expect(published).not.toEqual([]);
    const pending = (await findPending()).map(({ message_id }) => message_id?.S);
    expect(published.filter((id) => pending.includes(id))).toEqual([]);

    service.reset();
    // On a busy machine, a call may take too long. Records that stay claimed are due again later.
    for (let sweeps = 0; sweeps < 5 && (await endClaims()) > 0; sweeps++) {
      const whole = await sandbox.invoke({ event: {}, remainingMs: 55_000 });
      expect(whole.underWay).toEqual(NOTHING);
      expect(whole).not.toHaveProperty('error');
      published.push(...(await arrived()));
    }
    expect(published.toSorted()).toEqual(ids.toSorted());
    await sandbox.invoke({ event: {}, remainingMs: 55_000 });
    expect(await arrived()).toEqual([]);
  });
});

describe('the webhook', () => {
  beforeEach(async () => {
    sandbox = await startSandbox('receiveSms', service);
  });
  const post = (remainingMs: number) =>
    sandbox.invoke({ event: webhookEvent(String(new URLSearchParams(someForm()))), remainingMs });

  it('ends all its calls before it returns after publishing', async () => {
    const { result, underWay } = await post(10_000);
    expect([result, underWay]).toEqual([expect.objectContaining({ statusCode: 200 }), NOTHING]);
    expect(await arrived()).toHaveLength(1);
  });

  it('ends all its calls before it returns when its time is over before SNS answers', async () => {
    service.sns.setFault(() => ({ kind: 'hang' }));
    const { result, underWay } = await post(4_000);
    expect([result, underWay]).toEqual([expect.objectContaining({ statusCode: 503 }), NOTHING]);
    expect(service.operations()).toEqual(['PutItem', 'Publish', 'UpdateItem']);
  });

  it('ends all its calls before it returns when its time is over before a retry of a throttled call', async () => {
    service.dynamodb.setFault(() => ({
      kind: 'error-before',
      code: 'ProvisionedThroughputExceededException',
    }));
    const { result, underWay } = await post(3_200);
    expect([result, underWay]).toEqual([expect.objectContaining({ statusCode: 503 }), NOTHING]);
  });
});

const arrived = async (): Promise<string[]> =>
  (await queue.all()).map(({ message }) => JSON.parse(message).message_id);

async function findPending() {
  const { Items = [] } = await client.send(
    new ScanCommand({
      TableName: service.stack.tableName,
      FilterExpression: 'attribute_exists(pending_shard)',
    }),
  );
  return Items;
}

/** Makes all claims end, and returns the number of pending records. */
async function endClaims(): Promise<number> {
  const pending = await findPending();
  for (const { message_id = { S: '' } } of pending) {
    await client.send(
      new UpdateItemCommand({
        TableName: service.stack.tableName,
        Key: { message_id },
        UpdateExpression: 'REMOVE claim_owner, claim_until',
      }),
    );
  }
  return pending.length;
}

/** Stores records as after an outage: old, unclaimed, not published. */
async function storePending(ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += 25) {
    const requests = ids.slice(from, from + 25).map((message_id, n) => ({
      PutRequest: { Item: toItem(someRecord({ message_id, received_at: 1_000 + from + n })) },
    }));
    const RequestItems = { [service.stack.tableName]: requests };
    await client.send(new BatchWriteItemCommand({ RequestItems }));
  }
}
