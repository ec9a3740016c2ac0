import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BatchEntryResult } from '../../../lib/messages/ports.ts';
import { sweep } from '../../../lib/messages/sweep.ts';
import { MemoryMessageStore } from '../../fakes/memory-message-store.ts';
import { MemoryMessageTopic } from '../../fakes/memory-message-topic.ts';
import { storeNumbered, sweepDependencies } from '../../fakes/sweep-dependencies.ts';

const GRACE = 60_000;
let now: number;
let store: MemoryMessageStore;
let topic: MemoryMessageTopic;
const dependencies = () =>
  sweepDependencies({ store, topic, now: () => now, graceMs: GRACE, concurrency: 4 });
const publishedIds = () => topic.published.map(({ message_id }) => message_id);

const storePending = (count: number, changes = {}) => storeNumbered(store, count, changes);

beforeEach(() => {
  now = 1_000_000;
  store = new MemoryMessageStore({ pageSize: 3 });
  topic = new MemoryMessageTopic();
});

describe('each entry of a batch', () => {
  it('is marked as soon as its own call is answered', async () => {
    const [first = '', ...others] = await storePending(10);
    const work = new AbortController();
    const publishBatch = topic.publishBatch.bind(topic);
    topic.publishBatch = (notifications, deadline?: AbortSignal) => {
      const [, ...results] = publishBatch(notifications);
      const hung = new Promise<BatchEntryResult>((resolve) => {
        deadline?.addEventListener('abort', () => resolve({ error: 'Timeout', fault: 'topic' }));
      });
      return [hung, ...results];
    };
    const sweeping = sweep(dependencies(), { work: work.signal });
    await vi.waitFor(() => {
      const marked = others.filter((id) => store.records.get(id)?.published_at !== undefined);
      expect(marked).toEqual(others);
    });
    work.abort();
    expect(await sweeping).toMatchObject({ published: 9, failed: 1, overdue: 1 });
    expect(store.records.get(first)?.claim).toBeUndefined();
  });

  it('that fails for the topic stops neither the sweep nor the other entries', async () => {
    const ids = await storePending(60);
    for (const id of ids.slice(0, 9)) topic.fails.add(id);
    expect(await sweep({ ...dependencies(), concurrency: 1 })).toMatchObject({
      ...{ published: 51, failed: 9, refused: 0 },
      stopped: 'finished',
    });
  });

  it('that is refused does not affect the others', async () => {
    const ids = await storePending(200);
    topic.refuses.add(ids[0] ?? '');
    for (const keepsOrder of [false, true]) {
      topic.keepsOrder = keepsOrder;
      await sweep(dependencies());
    }
    expect(publishedIds().toSorted()).toEqual(ids.slice(1));
  });

  it('counts as refused for an unknown error only after six hours', async () => {
    const [id = ''] = await storePending(3, { received_at: now });
    topic.puzzles.add(id);
    now += 6 * 3_600_000 - 1;
    expect(await sweep(dependencies())).toMatchObject({ published: 2, failed: 1, refused: 0 });
    now += 1;
    expect(await sweep(dependencies())).toMatchObject({ failed: 0, refused: 1 });
  });
});

describe('a record that makes the whole call fail as if the topic were down', () => {
  const poison = new Set<string>();
  beforeEach(() => {
    poison.clear();
    const publishBatch = topic.publishBatch.bind(topic);
    topic.publishBatch = (notifications) =>
      notifications.some(({ message_id }) => poison.has(message_id))
        ? notifications.map(async () => ({ error: 'InternalError', fault: 'topic' as const }))
        : publishBatch(notifications);
  });
  const sweepUntil = async (count: number) => {
    let sweeps = 0;
    for (; topic.published.length < count && sweeps < 20; sweeps++) {
      now += 60_000;
      await sweep({ ...dependencies(), concurrency: 1 });
    }
    return sweeps;
  };

  it.each([false, true])('does not stop the later ones (FIFO: %s)', async (keepsOrder) => {
    topic.keepsOrder = keepsOrder;
    const ids = await storePending(60);
    for (const [n, id] of ids.entries()) {
      const record = store.records.get(id);
      if (record) store.records.set(id, { ...record, from: String(n) });
    }
    poison.add(ids[3] ?? '').add(ids[14] ?? '');
    expect(await sweepUntil(40)).toBe(1);
  });

  it('is published alone in the end, and stops no other', async () => {
    const ids = await storePending(200);
    for (const n of [0, 5, 11, 12, 25, 33, 47, 58]) poison.add(ids[n] ?? '');
    expect(await sweepUntil(192)).toBeLessThanOrEqual(12);
    expect(publishedIds().toSorted()).toEqual(ids.filter((id) => !poison.has(id)));
  });
});
