import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toItem } from '../../../lib/aws/message-item.ts';
import { DynamoDBMessageStore } from '../../../lib/aws/message-store.ts';
import { DynamoDBQuarantineStore } from '../../../lib/aws/quarantine-store.ts';
import { ALL_SHARDS } from '../../../lib/messages/message-record.ts';
import { MessageArchive } from '../../../tools/archive/message-archive.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { someRefusedRequest } from '../../fixtures/quarantine.ts';
import { type DynaliteTables, startDynalite } from '../../helpers/dynalite-table.ts';

let tables: DynaliteTables;
let TableName: string;
const MESSAGE = someRecord({ message_id: 'the-message', received_at: 5 });

beforeAll(async () => {
  tables = await startDynalite();
  TableName = await tables.create();
  await tables.client.send(new PutItemCommand({ TableName, Item: toItem(MESSAGE) }));
  const quarantine = new DynamoDBQuarantineStore(tables.client, TableName);
  await quarantine.takeAllowance('2026-11-27', 200);
  for (let number = 0; number < 20; number++) {
    const request = someRefusedRequest({ quarantine_id: `${number}` });
    await quarantine.keep(request, { request_id: 'r', at: number, expires_at: 1 });
  }
});
afterAll(() => tables[Symbol.asyncDispose]());

async function idsOf(found: AsyncIterable<{ readonly message_id: string }>) {
  const ids: string[] = [];
  for await (const { message_id } of found) ids.push(message_id);
  return ids;
}

it.each([
  ['list, export and the console', { order: 'newest-first' }],
  ['the same, the other way round', { order: 'oldest-first' }],
  ['a list of what is pending', { isPending: true }],
] as const)('%s show messages, and no quarantined entry', async (_, query) => {
  const archive = new MessageArchive(tables.client, TableName);
  expect(await idsOf(archive.list(query))).toEqual([MESSAGE.message_id]);
});

it('stats count messages, and no quarantined entry', async () => {
  const archive = new MessageArchive(tables.client, TableName);
  expect(await idsOf(archive.listKeys({}))).toEqual([MESSAGE.message_id]);
});

it('a sweep finds messages, and no quarantined entry', async () => {
  const store = new DynamoDBMessageStore(tables.client, TableName);
  const pages = await Promise.all(
    ALL_SHARDS.map((shard) => store.findPending(shard, { receivedBefore: 1_000 })),
  );
  const keys = pages.flatMap((page) => page.keys);
  expect(keys.map(({ message_id }) => message_id)).toEqual([MESSAGE.message_id]);
});
