import { randomUUID } from 'node:crypto';
import { BatchWriteItemCommand, DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Facts } from '../../../../tools/console/lab/facts.ts';
import type { Counters } from '../../../../tools/console/lab-protocol.ts';
import { clientOf } from '../../../../tools/local/aws.ts';
import type { CallReport } from '../../../../tools/local/fault-proxy.ts';
import { runCli } from '../../cli/run-cli.ts';
import { ConsoleStack } from './console-stack.ts';

let service: ConsoleStack;
let dynamodb: DynamoDBClient;
beforeAll(async () => {
  service = await ConsoleStack.start();
  dynamodb = new DynamoDBClient(clientOf(service.stack.dynamodbEndpoint));
});
afterAll(async () => {
  dynamodb?.destroy();
  await service?.[Symbol.asyncDispose]();
});

const keyOf = (id: string) => ({ message_id: { S: id } });
const counters = () => service.get<Counters>('counters');

/** Delivers a message, and waits until the table and the subscriber have it. */
async function delivered(): Promise<{ readonly id: string; readonly before: Counters }> {
  const id = randomUUID();
  expect(await service.deliver(id)).toBe(200);
  await service.arrived(id);
  return { id, before: await counters() };
}

it('the canary of `doctor` is deleted, not lost', async () => {
  const before = await counters();
  const { stdout } = await runCli(['doctor', '--local', service.stack.url]);
  expect(stdout).toContain('nothing of it is left');
  expect(await counters()).toEqual({
    ...before,
    sent: before.sent + 1,
    accepted: before.accepted + 1,
    delivered: before.delivered + 1,
    deleted: before.deleted + 1,
  });
});

it('what `forget` takes away is deleted, not lost', async () => {
  const { before } = await delivered();
  const args = ['forget', '+61491570006', '--yes', '--local', service.stack.url];
  expect(await runCli(args)).toMatchObject({ code: 0, stdout: expect.stringContaining('1 of 1') });
  const { stored, deleted, lost } = await counters();
  expect({ stored, deleted, lost }).toEqual({
    stored: before.stored - 1,
    deleted: before.deleted + 1,
    lost: 0,
  });
});

it('a batch deletes as well', async () => {
  const { id, before } = await delivered();
  const Key = keyOf(id);
  await dynamodb.send(
    new BatchWriteItemCommand({
      RequestItems: { [service.stack.tableName]: [{ DeleteRequest: { Key } }] },
    }),
  );
  expect(await counters()).toMatchObject({ deleted: before.deleted + 1, lost: 0 });
});

it('a deletion that is refused counts for nothing', async () => {
  const { id, before } = await delivered();
  const refused = dynamodb.send(
    new DeleteItemCommand({
      TableName: service.stack.tableName,
      Key: keyOf(id),
      ConditionExpression: 'attribute_not_exists(message_id)',
    }),
  );
  await expect(refused).rejects.toThrow('conditional');
  expect(await counters()).toEqual(before);
});

it('a message that is sent again after its deletion is stored, and no longer deleted', async () => {
  const { id, before } = await delivered();
  await service.remove(id);
  await vi.waitFor(async () => expect((await counters()).deleted).toBe(before.deleted + 1));
  expect(await service.deliver(id)).toBe(200);
  expect(await counters()).toEqual(before);
});

it('what a function deletes is lost', () => {
  const facts = new Facts();
  facts.fates.sent('a', 200, Date.now());
  facts.deleted('a');
  const call = { service: 'dynamodb', operation: 'DeleteItem', body: { Key: keyOf('a') } };
  facts.called({
    call: { ...call, at: Date.now(), index: 0, nth: 0 },
    ms: 1,
    end: 'answered',
    answer: { status: 200, body: '{}' },
  } as CallReport);
  facts.fates.read(facts.fates.takeUnread(), []);
  expect(facts.fates.counters()).toMatchObject({ deleted: 0, lost: 1 });
});
