import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fromItem, type Item } from '../../lib/aws/message-item.ts';
import { DynamoDBMessageStore } from '../../lib/aws/message-store.ts';
import { deliver } from '../../lib/messages/delivery.ts';
import { ALL_SHARDS } from '../../lib/messages/message-record.ts';
import { notificationsIn } from '../../lib/messages/notification.ts';
import { sweep } from '../../lib/messages/sweep.ts';
import { MessageArchive } from '../../tools/archive/message-archive.ts';
import { ReplayTally, replayMessages } from '../../tools/archive/replay.ts';
import { MemoryMessageTopic } from '../fakes/memory-message-topic.ts';
import { type DynaliteTables, startDynalite } from '../helpers/dynalite-table.ts';
import { ITEMS_BEFORE } from '../helpers/version-before.ts';

/** Long after all of them were received, and before any expires. */
const NOW = Date.parse('2026-12-01T00:00:00Z');
const CLAIM = { owner: 'this version', until: NOW + 30_000 };
const PUBLICATION = { published_at: NOW, sns_message_id: 'sns-1', expires_at: NOW / 1000 + 1 };

const textOf = (item: Item, name: string) => item[name]?.S ?? '';
const idOf = (item: Item) => textOf(item, 'message_id');
const ids = (state: string) =>
  ITEMS_BEFORE.filter((before) => before.state === state).map(({ item }) => idOf(item));
const PENDING = [...ids('unclaimed'), ...ids('claimed')].toSorted();
const cases = (...states: string[]) =>
  ITEMS_BEFORE.filter(({ state }) => states.includes(state)).map(
    ({ what, item }) => [what, item] as const,
  );

let tables: DynaliteTables;
let store: DynamoDBMessageStore;
let archive: MessageArchive;
let topic: MemoryMessageTopic;
beforeAll(async () => {
  tables = await startDynalite();
});
afterAll(() => tables?.[Symbol.asyncDispose]());
beforeEach(async () => {
  const tableName = await tables.create();
  const puts = ITEMS_BEFORE.map(({ item }) => ({ PutRequest: { Item: item } }));
  await tables.client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: puts } }));
  store = new DynamoDBMessageStore(tables.client, tableName);
  archive = new MessageArchive(tables.client, tableName);
  topic = new MemoryMessageTopic();
});

const inPlace = (item: Item) => archive.find(idOf(item));
const dependencies = () => ({
  store,
  topic,
  toNotification: notificationsIn('inbound-sms'),
  now: () => NOW,
  newOwner: () => CLAIM.owner,
  leaseMs: 30_000,
  retentionMs: 86_400_000,
  graceMs: 60_000,
  concurrency: 5,
});
async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
/** The published messages. */
const published = () =>
  topic.published.map(({ message }) => JSON.parse(message) as Record<string, unknown>);

describe('a record of the version before', () => {
  it('exists in each state', () => {
    for (const state of ['unclaimed', 'claimed', 'published']) {
      expect(ids(state).length).toBeGreaterThan(1);
    }
    expect(ITEMS_BEFORE.every(({ item }) => item.requests === undefined)).toBe(true);
  });

  it.each(cases('unclaimed', 'claimed', 'published'))('is read whole: %s', async (_, item) => {
    const record = await inPlace(item);
    expect(record).toMatchObject({
      body: textOf(item, 'body'),
      from: textOf(item, 'from'),
      sms_number: textOf(item, 'sms_number'),
      fingerprint: textOf(item, 'fingerprint'),
      received_at: Number(item.received_at?.N),
      publish_attempts: Number(item.attempts?.N),
      // Requests were not counted. A message has had at most as many as publish attempts.
      requests: Number(item.attempts?.N),
    });
    expect(JSON.stringify(record?.extra)).toBe(textOf(item, 'extra'));
    expect(record?.expires_at).toBe(item.expires_at && Number(item.expires_at.N));
  });

  it.each(cases('unclaimed'))('is claimed, released, claimed and marked: %s', async (_, item) => {
    const id = idOf(item);
    const attempts = Number(item.attempts?.N);
    expect(await store.claimPending(id, CLAIM, NOW)).toMatchObject({
      status: 'claimed',
      record: { claim: CLAIM, publish_attempts: attempts + 1 },
    });
    expect(await store.release(id, CLAIM.owner)).toBe(true);
    expect(await store.takeOver({ message_id: id }, CLAIM)).toMatchObject({
      claim: CLAIM,
      publish_attempts: attempts + 2,
    });
    expect(await store.markPublished(id, CLAIM.owner, PUBLICATION)).toBe(true);
    expect(await inPlace(item)).toMatchObject(PUBLICATION);
    expect(await store.claimPending(id, CLAIM, NOW)).toEqual({ status: 'not-pending' });
  });

  it.each(cases('claimed'))('is not taken while its claim lives: %s', async (_, item) => {
    const { claim } = fromItem(item);
    const until = claim?.until ?? expect.unreachable();
    const id = idOf(item);
    const held = await store.claimPending(id, CLAIM, until - 1);
    expect(held.status).not.toBe('claimed');
    expect((await inPlace(item))?.claim).toEqual(claim);
    expect(await store.claimPending(id, CLAIM, until)).toMatchObject({
      status: 'claimed',
      record: { claim: CLAIM },
    });
    expect(await store.markPublished(id, claim?.owner ?? '', PUBLICATION)).toBe(false);
  });

  it.each(cases('published'))('is not published again: %s', async (_, item) => {
    const id = idOf(item);
    expect(await store.claimPending(id, CLAIM, NOW)).toEqual({ status: 'not-pending' });
    expect(await store.takeOver({ message_id: id }, CLAIM)).toBeUndefined();
  });
});

describe('a request for a message of the version before', () => {
  it.each(cases('unclaimed', 'claimed'))('publishes it: %s', async (_, item) => {
    const record = fromItem(item);
    const delivery = await deliver(record, dependencies());
    expect(delivery).toMatchObject({
      outcome: 'published',
      marked: true,
      tries: {
        publish_attempts: record.publish_attempts + 1,
        requests: record.publish_attempts + 1,
      },
    });
    expect(published()).toMatchObject([{ message_id: idOf(item), body: textOf(item, 'body') }]);
  });

  it.each(cases('published'))('is a duplicate: %s', async (_, item) => {
    expect(await deliver(fromItem(item), dependencies())).toMatchObject({ outcome: 'duplicate' });
    expect(published()).toEqual([]);
  });

  it.each(cases('unclaimed', 'claimed', 'published'))(
    'with another text is a conflict: %s',
    async (_, item) => {
      const other = { ...fromItem(item), body: 'another text', fingerprint: 'f'.repeat(64) };
      expect(await deliver(other, dependencies())).toMatchObject({ outcome: 'conflict' });
      expect(published()).toEqual([]);
      expect((await inPlace(item))?.body).toBe(textOf(item, 'body'));
    },
  );
});

describe('the messages of the version before', () => {
  it('are published by one sweep, each once and as it was stored', async () => {
    const swept = await sweep(dependencies());
    expect(swept).toMatchObject({ published: PENDING.length, overdue: 0, stopped: 'finished' });
    const bodies = new Map(published().map(({ message_id, body }) => [message_id, body]));
    expect(topic.published).toHaveLength(PENDING.length);
    for (const { item, state } of ITEMS_BEFORE) {
      expect(bodies.get(idOf(item))).toBe(state === 'published' ? undefined : textOf(item, 'body'));
    }
    for (const shard of ALL_SHARDS) {
      expect(await store.countPending(shard, { receivedBefore: NOW })).toBe(0);
    }
  });

  it('are listed, and replayed if they were published', async () => {
    const all = await collect(archive.list({}));
    expect(all.map(({ message_id }) => message_id).toSorted()).toEqual(
      ITEMS_BEFORE.map(({ item }) => idOf(item)).toSorted(),
    );
    const pending = await collect(archive.list({ isPending: true }));
    expect(pending.map(({ message_id }) => message_id).toSorted()).toEqual(PENDING);

    const tally = new ReplayTally();
    const { signal } = new AbortController();
    const { toNotification } = dependencies();
    await replayMessages({
      ...{ id: 'again', messages: all, toNotification, topic, rate: 1_000, tally, signal },
      onMessage: async () => {},
    });
    expect(tally.counts).toEqual({
      published: ids('published').length,
      pending: PENDING.length,
      refused: 0,
    });
    expect(topic.published.map(({ message_id }) => message_id).toSorted()).toEqual(
      ids('published').toSorted(),
    );
  });
});
