import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Item, toItem } from '../../../lib/aws/message-item.ts';
import { DynamoDBMessageStore } from '../../../lib/aws/message-store.ts';
import { shardOf } from '../../../lib/messages/message-record.ts';
import { messageStoreContract } from '../../contract/message-store.contract.ts';
import { MemoryMessageStore } from '../../fakes/memory-message-store.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { type DynaliteTables, startDynalite } from '../../helpers/dynalite-table.ts';
import { hangUntilAborted } from '../../helpers/hang-until-aborted.ts';

const CLAIM = { owner: 'me', until: 10 };
const PUBLICATION = { published_at: 2_000, sns_message_id: 'sns', expires_at: 3 };

describe('the fake', () => messageStoreContract(async () => new MemoryMessageStore()));
describe('the fake, in small pages', () =>
  messageStoreContract(async () => new MemoryMessageStore({ pageSize: 2 })));

describe('DynamoDB', () => {
  let tables: DynaliteTables;
  beforeAll(async () => {
    tables = await startDynalite();
  });
  afterAll(() => tables[Symbol.asyncDispose]());

  messageStoreContract(async () => new DynamoDBMessageStore(tables.client, await tables.create()));

  it('sets the expiry only with the mark', async () => {
    const TableName = await tables.create();
    const store = new DynamoDBMessageStore(tables.client, TableName);
    const { message_id } = someRecord();
    const read = async () => {
      const Key = { message_id: { S: message_id } };
      return (await tables.client.send(new GetItemCommand({ TableName, Key }))).Item;
    };
    await store.putNew(someRecord({ claim: CLAIM }));
    expect(await read()).not.toHaveProperty('expires_at');
    await store.markPublished(message_id, CLAIM.owner, PUBLICATION);
    expect(await read()).toMatchObject({ published_at: { N: '2000' }, expires_at: { N: '3' } });
  });

  it('counts publish attempts of a record without a request count', async () => {
    const TableName = await tables.create();
    const store = new DynamoDBMessageStore(tables.client, TableName);
    const { requests: _, ...Item } = toItem(someRecord({ publish_attempts: 3 }));
    await tables.client.send(new PutItemCommand({ TableName, Item }));
    const { message_id } = someRecord();
    const swept = await store.claimPending(message_id, CLAIM, 0);
    expect(swept).toMatchObject({ record: { requests: 3, publish_attempts: 4 } });
    const tried = await store.takeOver({ message_id, claim: CLAIM }, { owner: 'pbx', until: 20 });
    expect(tried).toMatchObject({ requests: 4, publish_attempts: 5 });
  });

  it('reads 500 pending records per page', async () => {
    const TableName = await tables.create();
    const ids = Array.from({ length: 9_000 }, (_, n) => `m-${n}`)
      .filter((id) => shardOf(id) === '7')
      .slice(0, 501);
    for (let first = 0; first < ids.length; first += 25) {
      const puts = ids.slice(first, first + 25).map((message_id, n) => ({
        PutRequest: { Item: toItem(someRecord({ message_id, received_at: first + n })) },
      }));
      const RequestItems = { [TableName]: puts };
      await tables.client.send(new BatchWriteItemCommand({ RequestItems }));
    }
    const store = new DynamoDBMessageStore(tables.client, TableName);
    const page = await store.findPending('7', { receivedBefore: 1_000 });
    expect(page.keys.map(({ message_id }) => message_id)).toEqual(ids.slice(0, 500));
    const after = page.next as NonNullable<typeof page.next>;
    expect(after).toEqual(page.keys.at(-1));
    const last = await store.findPending('7', { receivedBefore: 1_000, after });
    expect(last).toEqual({ keys: [{ message_id: ids[500], received_at: 500 }] });
  });
});

type Answer = (command: { readonly input: object }) => Promise<object>;

/** A store with a client that gives this answer. */
function storeOn(answer: Answer) {
  const send = vi.fn(answer);
  return { send, store: new DynamoDBMessageStore({ send } as never, 'table') };
}

function conditionFailed(Item?: Item): ConditionalCheckFailedException {
  const details = { message: 'The conditional request failed', $metadata: {} };
  return new ConditionalCheckFailedException(Item ? { ...details, Item } : details);
}

it('adds up the pages of a count', async () => {
  const pages = [{ Count: 3, LastEvaluatedKey: { message_id: { S: 'c' } } }, { Count: 2 }];
  const { store, send } = storeOn(async () => pages.shift() ?? {});
  expect(await store.countPending('7', { receivedBefore: 1 })).toBe(5);
  expect(send.mock.calls.map(([{ input }]) => input)).toMatchObject([
    { Select: 'COUNT' },
    { Select: 'COUNT', ExclusiveStartKey: { message_id: { S: 'c' } } },
  ]);
});

const CALLS: readonly [
  name: string,
  (store: DynamoDBMessageStore, deadline?: AbortSignal) => unknown,
][] = [
  ['putNew', (store, deadline) => store.putNew(someRecord(), deadline)],
  ['takeOver', (store, deadline) => store.takeOver(someRecord(), CLAIM, deadline)],
  ['claimPending', (store, deadline) => store.claimPending('id', CLAIM, 0, deadline)],
  ['markPublished', (store, deadline) => store.markPublished('id', 'me', PUBLICATION, deadline)],
  ['release', (store, deadline) => store.release('id', 'me', deadline)],
  ['findPending', (store, deadline) => store.findPending('7', { receivedBefore: 1 }, deadline)],
  ['countPending', (store, deadline) => store.countPending('7', { receivedBefore: 1 }, deadline)],
];

describe.each(CALLS)('%s', (_, call) => {
  it('fails if DynamoDB fails', async () => {
    const { store, send } = storeOn(() => Promise.reject(new Error('down')));
    await expect(call(store)).rejects.toThrow('down');
    expect(send).toHaveBeenCalledOnce();
  });

  it('ends at its deadline', async () => {
    const time = new AbortController();
    const { store } = storeOn(() => {
      setImmediate(() => time.abort(new Error('time is up')));
      return hangUntilAborted();
    });
    await expect(call(store, time.signal)).rejects.toThrow('time is up');
  });
});

describe('a put of a taken id', () => {
  it('returns the record in place, from the error itself', async () => {
    const inPlace = someRecord({ body: 'in place' });
    const { store, send } = storeOn(() => Promise.reject(conditionFailed(toItem(inPlace))));
    expect(await store.putNew(someRecord())).toEqual(inPlace);
    expect(send).toHaveBeenCalledOnce();
    const { input } = send.mock.calls[0]?.[0] ?? {};
    expect(input).toMatchObject({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
  });

  it('fails and stores nothing if the record is gone when it is read', async () => {
    const { store } = storeOn(async (command) => {
      if (command instanceof GetItemCommand) return {};
      throw conditionFailed();
    });
    await expect(store.putNew(someRecord())).rejects.toThrow('The conditional request failed');
  });

  it('ends at its deadline, also while it reads the record', async () => {
    const time = new AbortController();
    const { store } = storeOn(async (command) => {
      if (!(command instanceof GetItemCommand)) throw conditionFailed();
      setImmediate(() => time.abort(new Error('time is up')));
      return hangUntilAborted();
    });
    const put = store.putNew(someRecord(), time.signal);
    await expect(put).rejects.toThrow('time is up');
  });
});

describe('an update that the SDK sent again because its answer was lost', () => {
  const claim = CLAIM;
  const failsWith = (record: Parameters<typeof toItem>[0]) =>
    storeOn(() => Promise.reject(conditionFailed(toItem(record)))).store;

  it('counts as our claim if the stored claim is ours', async () => {
    const record = someRecord({ claim, publish_attempts: 2 });
    expect(await failsWith(record).takeOver(record, claim)).toEqual(record);
    expect(await failsWith(record).claimPending(record.message_id, claim, 0)).toEqual({
      status: 'claimed',
      record,
    });
  });

  it('counts as no claim if the stored claim is another’s', async () => {
    const record = someRecord({ claim: { owner: 'other', until: 10 } });
    expect(await failsWith(record).takeOver(record, claim)).toBeUndefined();
  });

  it('returns to a sweep the record that another holds, and none that nobody holds', async () => {
    const held = someRecord({ claim: { owner: 'other', until: 10 } });
    expect(await failsWith(held).claimPending(held.message_id, claim, 0)).toEqual({
      status: 'held',
      record: held,
    });
    const published = someRecord({ published_at: 1, sns_message_id: 'sns' });
    expect(await failsWith(published).claimPending(held.message_id, claim, 0)).toEqual({
      status: 'not-pending',
    });
  });

  it('counts as a mark if the stored publication is ours', async () => {
    const { published_at, sns_message_id } = PUBLICATION;
    const marked = someRecord({ published_at, sns_message_id });
    expect(await failsWith(marked).markPublished('id', 'me', PUBLICATION)).toBe(true);
    const others = someRecord({ published_at, sns_message_id: 'other' });
    expect(await failsWith(others).markPublished('id', 'me', PUBLICATION)).toBe(false);
  });
});
