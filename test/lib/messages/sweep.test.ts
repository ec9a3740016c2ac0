import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { shardOf } from '../../../lib/messages/message-record.ts';
import type { MessageStore } from '../../../lib/messages/ports.ts';
import { sweep } from '../../../lib/messages/sweep.ts';
import { MemoryMessageStore } from '../../fakes/memory-message-store.ts';
import { MemoryMessageTopic } from '../../fakes/memory-message-topic.ts';
import { storeNumbered, sweepDependencies } from '../../fakes/sweep-dependencies.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { watchDeadlines } from '../../helpers/watch-deadlines.ts';

const GRACE = 60_000;
let now: number;
let store: MemoryMessageStore;
let topic: MemoryMessageTopic;
const dependencies = () =>
  sweepDependencies({ store, topic, now: () => now, graceMs: GRACE, concurrency: 4 });
const claimed = () => [...store.records.values()].filter(({ claim }) => claim);
const publishedIds = () => topic.published.map(({ message_id }) => message_id);

const storePending = (count: number, changes = {}) => storeNumbered(store, count, changes);

beforeEach(() => {
  now = 1_000_000;
  store = new MemoryMessageStore({ pageSize: 3 });
  topic = new MemoryMessageTopic();
});

describe('a sweep', () => {
  it('publishes and marks everything that is pending', async () => {
    const ids = await storePending(95);
    // The index may lag behind and would count messages that were just published.
    const countPending = vi.spyOn(store, 'countPending');
    expect(await sweep(dependencies())).toEqual({
      published: 95,
      notMarked: 0,
      refused: 0,
      failed: 0,
      heldBack: 0,
      overdue: 0,
      oldestOverdueMs: 0,
      stopped: 'finished',
    });
    expect(countPending).not.toHaveBeenCalled();
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

  it('leaves young records to the webhook', async () => {
    await storePending(1, { received_at: now - GRACE });
    expect(await sweep(dependencies())).toMatchObject({ published: 0, overdue: 0 });
    now += 1;
    expect(await sweep(dependencies())).toMatchObject({ published: 1 });
  });

  it('leaves a live claim alone, and counts its record as pending', async () => {
    await storePending(1, { received_at: 1_000, claim: { owner: 'other', until: now + 1 } });
    expect(await sweep(dependencies())).toMatchObject({
      published: 0,
      overdue: 1,
      oldestOverdueMs: now - 1_000,
    });
  });

  it('continues after a batch that others hold', async () => {
    await storePending(10, { claim: { owner: 'other', until: now + 1 } });
    await store.putNew(someRecord({ message_id: 'free', received_at: 500 }));
    const result = await sweep({ ...dependencies(), concurrency: 1 });
    expect(result).toMatchObject({ published: 1, overdue: 10, stopped: 'finished' });
    expect(publishedIds()).toEqual(['free']);
  });

  it('publishes nothing twice if it runs twice at once', async () => {
    const ids = await storePending(200);
    await Promise.all([sweep(dependencies()), sweep(dependencies())]);
    expect(publishedIds().toSorted()).toEqual(ids);
  });

  it('is not stopped by records that SNS refuses, and releases their claims', async () => {
    const ids = await storePending(40);
    for (const id of ids.slice(0, 25)) topic.refuses.add(id);
    expect(await sweep(dependencies())).toMatchObject({
      published: 15,
      refused: 25,
      overdue: 25,
      oldestOverdueMs: now,
      stopped: 'finished',
    });
    expect(store.records.get('m-0000')).toMatchObject({ publish_attempts: 2 });
    expect(store.records.get('m-0000')?.claim).toBeUndefined();
  });

  it('stops early while the topic is down, and loses nothing', async () => {
    await storePending(500);
    topic.isDown = true;
    const result = await sweep({ ...dependencies(), concurrency: 1 });
    expect(result).toMatchObject({ published: 0, failed: 30, overdue: 500 });
    expect(result.stopped).toBe('topic unavailable');
    expect(claimed()).toEqual([]);
    topic.isDown = false;
    expect(await sweep(dependencies())).toMatchObject({ published: 500, overdue: 0 });
  });

  it('begins nothing after its deadline, and counts the rest', async () => {
    await storePending(50);
    const result = await sweep(dependencies(), { begin: AbortSignal.abort() });
    expect(result).toMatchObject({
      published: 0,
      overdue: 50,
      oldestOverdueMs: now,
      stopped: 'deadline',
    });
  });

  it('ends every call by its last deadline', async () => {
    await storePending(31);
    topic.refuses.add('m-0000');
    const work = new AbortController().signal;
    const cleanUp = new AbortController().signal;
    const begin = new AbortController();
    const calls: string[] = [];
    const { publishBatch } = topic;
    topic.publishBatch = (notifications) => {
      begin.abort();
      return publishBatch.call(topic, notifications);
    };
    const watched = {
      store: watchDeadlines(store, { work, cleanUp }, calls),
      topic: watchDeadlines(topic, { work, cleanUp }, calls),
    };
    const deadlines = { begin: begin.signal, work, cleanUp };
    await sweep({ ...dependencies(), ...watched, concurrency: 1 }, deadlines);
    expect(new Set(calls)).toEqual(
      new Set([
        'findPending: work',
        'claimPending: work',
        'publishBatch: work',
        'markPublished: cleanUp',
        'release: cleanUp',
        'countPending: cleanUp',
      ]),
    );
  });

  it.each([
    ['fails', () => Promise.reject(new Error('down'))],
    ['comes too late', () => Promise.resolve(false)],
  ])('counts a record as pending whose mark %s', async (_, answer) => {
    await storePending(1);
    store.markPublished = answer;
    expect(await sweep(dependencies())).toMatchObject({ published: 1, notMarked: 1, overdue: 1 });
  });
});

describe('the end of a sweep', () => {
  it('comes when all its work is done', async () => {
    await storePending(80);
    let underWay = 0;
    const slowly = async <T>(call: () => Promise<T>): Promise<T> => {
      underWay++;
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      underWay--;
      return call();
    };
    for (const method of ['claimPending', 'markPublished', 'countPending'] as const) {
      const call = (store[method] as (...args: unknown[]) => Promise<never>).bind(store);
      store[method] = (...args: unknown[]) => slowly(() => call(...args));
    }
    // The first pages of three shards are read. The next page of one of them is not.
    const findPending = store.findPending.bind(store);
    let pages = 0;
    store.findPending = (...args) =>
      slowly(() => (++pages > 20 ? Promise.reject(new Error('down')) : findPending(...args)));
    const result = await sweep(dependencies());
    expect(underWay).toBe(0);
    expect(result).toMatchObject({ stopped: 'index unavailable', error: new Error('down') });
    expect(result.published).toBeGreaterThan(10);
    expect(claimed()).toEqual([]);
  });

  it('does not wait for an unreadable shard, and reports an unknown count', async () => {
    const ids = await storePending(60);
    const findPending = store.findPending.bind(store);
    store.findPending = async (shard, ...rest) => {
      if (shard === '7') throw new Error('down');
      return findPending(shard, ...rest);
    };
    store.countPending = () => Promise.reject(new Error('down, too'));
    const result = await sweep(dependencies());
    expect(publishedIds().toSorted()).toEqual(ids.filter((id) => shardOf(id) !== '7'));
    expect(result).toMatchObject({ stopped: 'index unavailable', error: new Error('down') });
    expect([result.overdue, result.oldestOverdueMs]).toEqual([undefined, undefined]);
  });

  /**
   * Publishes one batch, then its time to publish is over. To see what is left, it must read another page.
   */
  async function sweepOneBatch(cleanUp?: AbortSignal) {
    store = new MemoryMessageStore({ pageSize: 1 });
    const ids = Array.from({ length: 400 }, (_, n) => `m-${n}`).filter((id) => shardOf(id) === '7');
    for (const [received_at, message_id] of ids.slice(0, 15).entries()) {
      await store.putNew(someRecord({ message_id, received_at }));
    }
    const over = new AbortController();
    const findPending = store.findPending.bind(store);
    const untilOver: MessageStore['findPending'] = async (shard, query, deadline) => {
      deadline?.throwIfAborted();
      return findPending(shard, query);
    };
    store.findPending = untilOver as MemoryMessageStore['findPending'];
    const markPublished = store.markPublished.bind(store);
    store.markPublished = async (...args) => {
      over.abort(new Error('over'));
      return markPublished(...args);
    };
    const deadlines = { begin: over.signal, work: over.signal, ...(cleanUp && { cleanUp }) };
    return sweep({ ...dependencies(), concurrency: 1 }, deadlines);
  }

  it('reports no failure of the index if its time to publish was over', async () => {
    const result = await sweepOneBatch();
    expect(result).not.toHaveProperty('error');
    expect(result).toMatchObject({ published: 10, stopped: 'deadline', overdue: 5 });
    expect(result.oldestOverdueMs).toBe(now - 10);
  });

  it('reports no failure of the index if all its time was over, and an unknown count', async () => {
    const countPending = vi
      .spyOn(MemoryMessageStore.prototype, 'countPending')
      .mockRejectedValue(new Error('over, too'));
    onTestFinished(() => countPending.mockRestore());
    const result = await sweepOneBatch(AbortSignal.abort(new Error('over, too')));
    expect(result).not.toHaveProperty('error');
    expect(result).toMatchObject({ stopped: 'deadline', overdue: undefined });
  });

  it('does not come for the other batches if one has a defect', async () => {
    await storePending(30);
    const { toNotification, ...others } = dependencies();
    const defect = new Error('defect');
    const result = await sweep({
      ...others,
      toNotification: (record) => {
        if (record.message_id === 'm-0003') throw defect;
        return toNotification(record);
      },
    });
    expect(result).toMatchObject({ published: 20, error: defect });
  });
});
