import { beforeEach, describe, expect, it } from 'vitest';
import { notificationsIn } from '../../lib/notification.ts';
import { type SweepDependencies, sweep } from '../../lib/sweep.ts';
import { MemoryMessageStore } from '../fakes/memory-message-store.ts';
import { MemoryMessageTopic } from '../fakes/memory-message-topic.ts';
import { someRecord } from '../fixtures/messages.ts';

const GRACE = 60_000;
let now: number;
let store: MemoryMessageStore;
let topic: MemoryMessageTopic;
const dependencies = (): SweepDependencies => ({
  store,
  topic,
  toNotification: notificationsIn('inbound-sms'),
  now: () => now,
  newOwner: () => crypto.randomUUID(),
  leaseMs: 90_000,
  retentionMs: 1_000,
  graceMs: GRACE,
  concurrency: 4,
});
const publishedIds = () => topic.published.map(({ message_id }) => message_id);

async function storePending(count: number, changes = {}): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => `m-${String(n).padStart(4, '0')}`);
  for (const [n, message_id] of ids.entries()) {
    await store.putNew(someRecord({ message_id, received_at: n, ...changes }));
  }
  return ids;
}

beforeEach(() => {
  now = 1_000_000;
  store = new MemoryMessageStore({ pageSize: 3 });
  topic = new MemoryMessageTopic();
});

describe('a sweep', () => {
  it('publishes and marks everything that is pending', async () => {
    const ids = await storePending(95);
    expect(await sweep(dependencies())).toEqual({
      published: 95,
      refused: 0,
      failed: 0,
      heldBack: 0,
      pending: 0,
      oldestPendingMs: 0,
      stopped: 'finished',
    });
    expect(publishedIds().toSorted()).toEqual(ids);
    for (const record of store.records.values()) {
      expect(record).toMatchObject({ published_at: now, expires_at: now / 1000 + 1 });
      expect(record.claim).toBeUndefined();
    }
  });

  it('begins with the oldest, across all shards', async () => {
    const ids = await storePending(60);
    await sweep({ ...dependencies(), concurrency: 1 });
    expect(publishedIds()).toEqual(ids);
  });

  it('leaves the young to the webhook', async () => {
    await storePending(1, { received_at: now - GRACE });
    expect(await sweep(dependencies())).toMatchObject({ published: 0, pending: 0 });
    now += 1;
    expect(await sweep(dependencies())).toMatchObject({ published: 1 });
  });

  it('leaves a live claim alone, and counts its record as pending', async () => {
    await storePending(1, { received_at: 1_000, claim: { owner: 'other', until: now + 1 } });
    expect(await sweep(dependencies())).toMatchObject({
      published: 0,
      pending: 1,
      oldestPendingMs: now - 1_000,
    });
  });

  it('twice at once publishes nothing twice', async () => {
    const ids = await storePending(200);
    await Promise.all([sweep(dependencies()), sweep(dependencies())]);
    expect(publishedIds().toSorted()).toEqual(ids);
  });

  it('is not held up by records that SNS refuses, and gives their claims back', async () => {
    const ids = await storePending(40);
    for (const id of ids.slice(0, 25)) topic.refuses.add(id);
    expect(await sweep(dependencies())).toMatchObject({
      published: 15,
      refused: 25,
      pending: 25,
      oldestPendingMs: now,
      stopped: 'finished',
    });
    expect(store.records.get('m-0000')).toMatchObject({ attempts: 2 });
    expect(store.records.get('m-0000')?.claim).toBeUndefined();
  });

  it('stops early while the topic is down, and loses nothing', async () => {
    await storePending(500);
    topic.isDown = true;
    const result = await sweep({ ...dependencies(), concurrency: 2 });
    expect(result).toMatchObject({ published: 0, failed: 20, pending: 500 });
    expect(result.stopped).toBe('topic unavailable');
    expect([...store.records.values()].filter(({ claim }) => claim)).toEqual([]);
    topic.isDown = false;
    expect(await sweep(dependencies())).toMatchObject({ published: 500, pending: 0 });
  });

  it('begins nothing after its deadline, and counts what is left', async () => {
    await storePending(50);
    const result = await sweep(dependencies(), { stop: AbortSignal.abort() });
    expect(result).toMatchObject({ published: 0, pending: 50, stopped: 'deadline' });
  });

  it('counts a record that it could not mark as pending', async () => {
    await storePending(1);
    store.markPublished = async () => {
      throw new Error('down');
    };
    expect(await sweep(dependencies())).toMatchObject({ published: 1, pending: 1 });
  });
});
