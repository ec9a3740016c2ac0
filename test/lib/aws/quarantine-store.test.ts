import { GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  fromQuarantineItem,
  QUARANTINE_SHARD,
  quarantineKeyOf,
  toQuarantineItem,
} from '../../../lib/aws/quarantine-item.ts';
import { DynamoDBQuarantineStore } from '../../../lib/aws/quarantine-store.ts';
import type { QuarantineEntry } from '../../../lib/messages/quarantine.ts';
import { quarantineStoreContract } from '../../contract/quarantine-store.contract.ts';
import { MemoryQuarantineStore } from '../../fakes/memory-quarantine-store.ts';
import { someRefusedRequest } from '../../fixtures/quarantine.ts';
import { type DynaliteTables, startDynalite } from '../../helpers/dynalite-table.ts';

const ATTEMPT = { request_id: 'r-1', at: 1_000, expires_at: 100 };

describe('the fake', () =>
  quarantineStoreContract(async () => {
    const store = new MemoryQuarantineStore();
    return {
      store,
      read: async (id) => store.entries.get(id),
      put: async (entry) => void store.entries.set(entry.quarantine_id, entry),
    };
  }));

describe('DynamoDB', () => {
  let tables: DynaliteTables;
  beforeAll(async () => {
    tables = await startDynalite();
  });
  afterAll(() => tables[Symbol.asyncDispose]());

  async function open() {
    const TableName = await tables.create();
    const item = async (key: string) => {
      const Key = { message_id: { S: key } };
      return (await tables.client.send(new GetItemCommand({ TableName, Key }))).Item;
    };
    return {
      TableName,
      item,
      store: new DynamoDBQuarantineStore(tables.client, TableName),
      read: async (id: string) => {
        const found = await item(quarantineKeyOf(id));
        const entry = found && fromQuarantineItem(found);
        return entry && { ...entry, ...(entry.form && { form: Buffer.from(entry.form) }) };
      },
      put: async (entry: QuarantineEntry) => {
        const Item = toQuarantineItem(entry);
        await tables.client.send(new PutItemCommand({ TableName, Item }));
      },
    };
  }

  quarantineStoreContract(open);

  it('lists an entry once, by its first attempt, apart from messages', async () => {
    const { store, TableName } = await open();
    const request = someRefusedRequest();
    await store.keep(request, ATTEMPT);
    await store.keep(request, { ...ATTEMPT, request_id: 'r-2', at: 2_000 });
    const { Items } = await tables.client.send(
      new QueryCommand({
        TableName,
        IndexName: 'timeline-index',
        KeyConditionExpression: 'timeline_shard = :shard',
        ExpressionAttributeValues: { ':shard': { S: QUARANTINE_SHARD } },
      }),
    );
    expect(Items).toEqual([
      {
        message_id: { S: quarantineKeyOf(request.quarantine_id) },
        timeline_shard: { S: QUARANTINE_SHARD },
        received_at: { N: '1000' },
        from: { S: request.from },
        sms_number: { S: request.sms_number },
      },
    ]);
  });

  it('returns the write units that it used', async () => {
    const { store } = await open();
    const form = Buffer.alloc(20_000, 'a');
    expect(await store.keep(someRefusedRequest({ form }), ATTEMPT)).toBeGreaterThanOrEqual(20);
    const small = someRefusedRequest();
    const again = await store.keep(small, { ...ATTEMPT, request_id: 'r-2' });
    expect(again, 'the entry stays as large as it is').toBeGreaterThanOrEqual(20);
  });

  it('counts a day in an item that expires and is in no index', async () => {
    const { store, item } = await open();
    await store.takeAllowance('2026-11-27', 200);
    await store.takeAllowance('2026-11-27', 100);
    expect(await item('quarantine allowance 2026-11-27')).toEqual({
      message_id: { S: 'quarantine allowance 2026-11-27' },
      units: { N: '300' },
      expires_at: { N: String(Date.UTC(2026, 10, 29) / 1000) },
    });
  });
});
