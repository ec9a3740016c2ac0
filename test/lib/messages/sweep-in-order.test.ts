import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { sweep } from '../../../lib/messages/sweep.ts';
import { MAX_HOLD_MS } from '../../../lib/messages/sweep-in-order.ts';
import type { SweepDeadlines, SweepDependencies } from '../../../lib/messages/sweep-run.ts';
import { MemoryMessageStore } from '../../fakes/memory-message-store.ts';
import { MemoryMessageTopic } from '../../fakes/memory-message-topic.ts';
import { sweepDependencies } from '../../fakes/sweep-dependencies.ts';
import { someRecord } from '../../fixtures/messages.ts';

let now: number;
let store: MemoryMessageStore;
let topic: MemoryMessageTopic;
/** The ids of each PublishBatch. */
let batches: string[][];
/** The ids of records that are unreadable for now. */
let unreadable: Set<string>;

function reset(): void {
  now = 100_000_000;
  store = new MemoryMessageStore({ pageSize: 3 });
  topic = new MemoryMessageTopic();
  topic.keepsOrder = true;
  batches = [];
  unreadable = new Set();
  const claimPending = store.claimPending.bind(store);
  store.claimPending = async (id, ...rest) => {
    if (unreadable.has(id)) throw new Error('not read');
    return claimPending(id, ...rest);
  };
  // A sweep that does not wait for the release leaves claims.
  const release = store.release.bind(store);
  store.release = async (...claim) => {
    await new Promise(setImmediate);
    return release(...claim);
  };
  const publishBatch = topic.publishBatch.bind(topic);
  topic.publishBatch = (notifications) => {
    batches.push(notifications.map(({ message_id }) => message_id));
    return publishBatch(notifications);
  };
}
beforeEach(reset);

function sweepNow(deadlines: SweepDeadlines = {}, changes: Partial<SweepDependencies> = {}) {
  return sweep(sweepDependencies({ store, topic, now: () => now, ...changes }), deadlines);
}

/** Stores pending messages, oldest first. `a1` is from `a`. */
async function storePending(...ids: string[]): Promise<void> {
  for (const [n, message_id] of ids.entries()) {
    const received_at = now - 120_000 + n;
    await store.putNew(someRecord({ message_id, from: message_id.slice(0, 1), received_at }));
  }
}
const published = (from = '') =>
  topic.published.map(({ message_id }) => message_id).filter((id) => id.startsWith(from));
const numbered = (from: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${from}${n + 1}`);

describe('on a topic that keeps order', () => {
  it('a batch has one message of each conversation at a time', async () => {
    await storePending('a1', 'a2', 'b1', 'a3', 'b2', 'c1');
    expect(await sweepNow()).toMatchObject({ published: 6, heldBack: 0, overdue: 0 });
    expect(batches).toEqual([['a1', 'b1', 'c1'], ['a2', 'b2'], ['a3']]);
  });

  it('one batch runs at a time', async () => {
    await storePending(...numbered('a', 40), ...numbered('b', 40));
    let underWay = 0;
    const publishBatch = topic.publishBatch.bind(topic);
    topic.publishBatch = (notifications) => {
      underWay++;
      const results = publishBatch(notifications);
      return results.map(async (result) => {
        await new Promise(setImmediate);
        expect(underWay).toBe(1);
        if (result === results.at(-1)) underWay--;
        return result;
      });
    };
    expect(await sweepNow()).toMatchObject({ published: 80 });
    expect(published('a')).toEqual(numbered('a', 40));
    expect(published('b')).toEqual(numbered('b', 40));
  });

  it('a message that fails for now holds back later ones, in its batch and in later ones', async () => {
    await storePending('a1', 'a2', 'b1', ...numbered('c', 12), 'a3', 'b2');
    topic.fails.add('a1');
    expect(await sweepNow()).toMatchObject({
      published: 14,
      failed: 1,
      heldBack: 2,
      overdue: 3,
      stopped: 'finished',
    });
    expect(published('a')).toEqual([]);
    expect([...store.records.values()].filter(({ claim }) => claim)).toEqual([]);

    topic.fails.clear();
    expect(await sweepNow()).toMatchObject({ published: 3, overdue: 0 });
    expect(published('a')).toEqual(['a1', 'a2', 'a3']);
  });

  it('a message that SNS refuses for its content holds nothing back', async () => {
    await storePending('a1', 'a2', 'a3');
    topic.refuses.add('a1');
    expect(await sweepNow()).toMatchObject({ published: 2, refused: 1, heldBack: 0, overdue: 1 });
    expect(published()).toEqual(['a2', 'a3']);
  });

  it('a message that fails holds back others for a limited time', async () => {
    await storePending('a1', 'a2', 'b1');
    topic.fails.add('a1');
    now += MAX_HOLD_MS - 120_001;
    expect(await sweepNow()).toMatchObject({ published: 1, heldBack: 1 });
    now += 1;
    expect(await sweepNow()).toMatchObject({ published: 1, failed: 1, heldBack: 0 });
    expect(published()).toEqual(['b1', 'a2']);
  });

  it('a message that another attempt is publishing holds back later ones, not earlier ones', async () => {
    await storePending('a1', 'a2', 'b1', 'a3', ...numbered('c', 12), 'a4');
    const claim = { owner: 'another sweep', until: now + 1 };
    store.records.set('a2', { ...someRecord(store.records.get('a2')), claim });
    expect(await sweepNow()).toMatchObject({ published: 14, heldBack: 2, failed: 0, overdue: 3 });
    expect(published('a')).toEqual(['a1']);
    expect(store.records.get('a2')?.claim).toEqual(claim);
    now += 1;
    await sweepNow();
    expect(published('a')).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  it('an unreadable record may belong to any conversation, so later messages wait', async () => {
    await storePending('a1', 'b1', 'a2', 'b2', ...numbered('c', 12));
    unreadable.add('b1');
    expect(await sweepNow()).toMatchObject({
      published: 1,
      failed: 1,
      heldBack: 8,
      overdue: 15,
      stopped: 'record unavailable',
    });
    expect(published()).toEqual(['a1']);
    expect([...store.records.values()].filter(({ claim }) => claim)).toEqual([]);
  });

  it('an unreadable record holds back others for a limited time', async () => {
    await storePending('b1', 'b2');
    unreadable.add('b1');
    now += MAX_HOLD_MS - 120_000;
    expect(await sweepNow()).toMatchObject({ published: 1, failed: 1, stopped: 'finished' });
  });

  it('an outage ends the sweep, after three calls', async () => {
    const ids = [...'abcdefghijklmnopqrstuvwxyz0123456789'].map((from) => `${from}1`);
    await storePending(...ids);
    topic.isDown = true;
    expect(await sweepNow()).toMatchObject({ failed: 30, stopped: 'topic unavailable' });
    expect(batches).toHaveLength(3);
    topic.isDown = false;
    expect(await sweepNow()).toMatchObject({ published: 36 });
    expect(published()).toEqual(ids);
  });

  it('a call that fails for one entry does not end the sweep', async () => {
    const ids = [...'abcdefghijklmnopqrstuvwxyz'].map((from) => `${from}1`);
    await storePending(...ids);
    const publishBatch = topic.publishBatch.bind(topic);
    topic.publishBatch = (notifications) =>
      notifications.some(({ message_id }) => message_id === 'b1')
        ? notifications.map(async () => ({ error: 'InternalError', fault: 'topic' as const }))
        : publishBatch(notifications);
    expect(await sweepNow()).toMatchObject({ published: 16, failed: 10, stopped: 'finished' });
    expect(published()).toEqual(ids.slice(10));
  });

  it('an unreadable shard ends the sweep, because it may hold an earlier message', async () => {
    await storePending(...numbered('a', 12));
    store.findPending = () => Promise.reject(new Error('down'));
    expect(await sweepNow()).toMatchObject({
      ...{ published: 0, stopped: 'index unavailable', error: new Error('down') },
    });
    expect(published()).toEqual([]);
  });

  it('no round begins after the deadline, and the rest of the batch is released', async () => {
    await storePending('a1', 'a2', 'a3');
    const stopping = new AbortController();
    const publishBatch = topic.publishBatch.bind(topic);
    topic.publishBatch = (notifications) => {
      stopping.abort();
      return publishBatch(notifications);
    };
    const result = await sweepNow({ begin: stopping.signal });
    expect(result).toMatchObject({ published: 1, heldBack: 2, overdue: 2 });
    expect([...store.records.values()].filter(({ claim }) => claim)).toEqual([]);
  });

  it('keeps the order and every message under any faults', async () => {
    const senders = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 40 });
    const fault = fc.constantFrom('none', 'none', 'none', 'none', 'none', 'publish', 'read');
    const faults = fc.array(fc.array(fault, { minLength: 40, maxLength: 40 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(senders, faults, async (from, sweeps) => {
        reset();
        const ids = from.map((sender, n) => `${sender}${n}`);
        await storePending(...ids);
        for (const faultOf of [...sweeps, []]) {
          const having = (what: string) => ids.filter((_, n) => faultOf[n] === what);
          unreadable = new Set(having('read'));
          topic.fails.clear();
          for (const id of having('publish')) topic.fails.add(id);
          await sweepNow();
        }
        for (const sender of ['a', 'b', 'c']) {
          expect(published(sender)).toEqual(ids.filter((id) => id.startsWith(sender)));
        }
      }),
      { numRuns: 300 },
    );
  });
});

it('nothing waits on another topic', async () => {
  topic.keepsOrder = false;
  await storePending('a1', 'a2', ...numbered('b', 12), 'a3');
  topic.fails.add('a1');
  expect(await sweepNow({}, { concurrency: 1 })).toMatchObject({ published: 14, heldBack: 0 });
  expect(batches.map((batch) => batch.length)).toEqual([10, 5]);
});
