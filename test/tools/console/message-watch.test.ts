import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ArchiveKey } from '../../../tools/archive/archive-query.ts';
import type { MessageSummary } from '../../../tools/console/protocol.ts';
import { createSummariser } from '../../../tools/console/server/message-summary.ts';
import { MessageTracker, MessageWatch } from '../../../tools/console/server/message-watch.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { archiveForEachTest, type TestArchive } from '../../helpers/console-archive.ts';
import { publishedAt } from '../cli/stored-messages.ts';

const given = archiveForEachTest();

const { signal } = new AbortController();
const NOW = Date.now();
const at = (seconds: number) => NOW + seconds * 1_000;
const record = (message_id: string, received_at: number, published = false) =>
  someRecord({ message_id, received_at, ...(published && publishedAt(received_at)) });
const summarise = () => createSummariser({ attempts: given.attempts, reportFailure: () => {} });

/** What a tracker tells, as `id state`. */
function track(archive: TestArchive['archive'] = given.stored.archive, maxUnpublished = 5_000) {
  const told: string[] = [];
  const emit = ({ message_id, state }: MessageSummary) => void told.push(`${message_id} ${state}`);
  const tracked = { archive, summarise: summarise(), maxUnpublished };
  const tracker = new MessageTracker(tracked, emit);
  const news = async () => {
    await tracker.poll(signal);
    return told.splice(0);
  };
  return { tracker, told, news };
}

describe('a tracker', () => {
  it('tells what is new, the oldest first, and each once', async () => {
    const { news } = track();
    expect(await news()).toEqual([]);
    await given.stored.put(
      record('b', at(-2), true),
      record('a', at(-1), true),
      record('c', at(-3), true),
    );
    expect(await news()).toEqual(['c published', 'b published', 'a published']);
    expect(await news()).toEqual([]);
  });

  it('begins with what is newest', async () => {
    await given.stored.put(record('old', at(-3_600), true), record('new', at(-10), true));
    const { news } = track();
    expect(await news()).toEqual(['new published']);
    await given.stored.put(record('next', at(-5), true));
    expect(await news()).toEqual(['next published']);
  });

  it('goes by the clock of the functions', async () => {
    await given.stored.put(record('first', at(-86_400), true));
    const { news } = track();
    await news();
    await given.stored.put(record('next', at(-86_390), true));
    expect(await news()).toEqual(['next published']);
  });

  it('finds a message that comes into the index late', async () => {
    await given.stored.put(record('first', at(-20), true));
    const { news } = track();
    await news();
    await given.stored.put(record('second', at(-1), true));
    expect(await news()).toEqual(['second published']);
    await given.stored.put(record('late', at(-15), true));
    expect(await news()).toEqual(['late published']);
    expect(await news()).toEqual([]);
  });

  it('looks again at a message that it could not read yet', async () => {
    await given.stored.put(record('first', at(-20), true));
    let isHidden = true;
    const { archive } = given.stored;
    const behind = Object.assign(Object.create(archive), {
      listKeys: archive.listKeys.bind(archive),
      findAll: async (ids: readonly string[]) => (isHidden ? [] : archive.findAll(ids)),
    });
    const { news } = track(behind);
    expect(await news()).toEqual([]);
    isHidden = false;
    expect(await news()).toEqual(['first published']);
  });

  it('tells each change until a message is published, however old it is by then', async () => {
    await given.stored.put(record('a', at(-10)));
    const { news } = track();
    expect(await news()).toEqual(['a stored']);
    expect(await news()).toEqual([]);
    await given.stored.put(record('b', at(100), true));
    expect(await news()).toEqual(['b published']);
    const claim = { owner: 'somebody', until: at(60) };
    await given.stored.put({ ...record('a', at(-10)), claim });
    expect(await news()).toEqual(['a publishing']);
    await given.stored.put({ ...record('a', at(-10)), publish_attempts: 2 });
    expect(await news()).toEqual(['a stored']);
    await given.stored.put({ ...record('a', at(-10), true), publish_attempts: 2 });
    expect(await news()).toEqual(['a published']);
    expect(await news()).toEqual([]);
  });

  it('tells changes of what somebody was shown', async () => {
    await given.stored.put(record('shown', at(-3_600)), record('published', at(-3_500), true));
    await given.stored.put(record('newest', at(-1), true));
    const { tracker, news } = track();
    await news();
    const found = await given.stored.archive.findAll(['shown', 'published']);
    tracker.note(await summarise()(found, signal));
    expect(await news()).toEqual([]);
    await given.stored.put(record('shown', at(-3_600), true));
    expect(await news()).toEqual(['shown published']);
  });

  it('tells how deliveries go on of what somebody was shown, each 15 s for an hour', async () => {
    const shown = someRecord({
      message_id: 'shown',
      received_at: at(-90),
      ...publishedAt(at(-80)),
    });
    const before = record('before', at(-3_700), true);
    await given.stored.put(shown, before, record('newest', at(-1), true));
    const told: (readonly string[])[] = [];
    const summariser = createSummariser({
      ...{ attempts: given.attempts, reportFailure: () => {} },
      subscribers: [{ name: 'crm', kind: 'https', addressing: () => 'for-it' }],
    });
    let now = NOW;
    const tracked = { archive: given.stored.archive, summarise: summariser, now: () => now };
    const tracker = new MessageTracker(
      tracked,
      ({ message_id, undelivered = [], waiting = [] }) => {
        if (message_id !== 'newest')
          told.push([...undelivered, ...waiting.map((n) => `${n} waits`)]);
      },
    );
    const newsAfter = async (ms: number) => {
      now += ms;
      await tracker.poll(signal);
      return told.splice(0);
    };
    await tracker.poll(signal);
    tracker.note(await summariser(await given.stored.archive.findAll(['shown', 'before']), signal));
    expect(await newsAfter(15_000)).toEqual([]);
    await given.stored.mark('shown', { crm: { attempts: 1, failed_at: NOW, reason: '500' } });
    expect(await newsAfter(14_000)).toEqual([]);
    expect(await newsAfter(1_000)).toEqual([['crm']]);
    expect(await newsAfter(15_000)).toEqual([]);
    const delivered = { attempts: 2, failed_at: NOW, reason: '500', delivered_at: NOW };
    for (const id of ['shown', 'before']) await given.stored.mark(id, { crm: delivered });
    expect(await newsAfter(15_000)).toEqual([[]]);
  });

  it('looks at all that wait in turn, some each time', async () => {
    const count = 1_200;
    const waiting = (n: number, published = false) => record(`m-${n}`, at(-100_000), published);
    const all = Array.from({ length: count }, (_, n) => waiting(n));
    await given.stored.put(...all, record('newest', at(0), true));
    const { tracker, news } = track();
    tracker.note(await summarise()(all, signal));
    await news();
    // Far behind others of which there is nothing new.
    await given.stored.put(waiting(1_100, true));
    expect([...(await news()), ...(await news())]).toEqual(['m-1100 published']);
    await given.stored.put(...Array.from({ length: count }, (_, n) => waiting(n, true)));
    const portions: number[] = [];
    const told = new Set<string>();
    for (let n = 0; n < 4; n++) {
      const some = await news();
      portions.push(some.length);
      for (const each of some) told.add(each);
    }
    expect(portions).toEqual([500, 500, 199, 0]);
    expect(told.size).toBe(count - 1);
  }, 60_000);

  it('tells what it has read before DynamoDB fails, and the rest in the next poll', async () => {
    const { archive } = given.stored;
    const { told, news, tracker } = track();
    await news();
    const all = Array.from({ length: 250 }, (_, n) => record(`m-${n}`, at(-1), true));
    await given.stored.put(...all);
    const read = archive.findAll.bind(archive);
    let calls = 0;
    vi.spyOn(archive, 'findAll').mockImplementation(async (...args) => {
      if (++calls === 2) throw new Error('throttled');
      return read(...args);
    });
    await expect(tracker.poll(signal)).rejects.toThrow('throttled');
    expect(told.splice(0)).toHaveLength(100);
    expect(await news()).toHaveLength(150);
  });

  it('forgets what was deleted', async () => {
    await given.stored.put(record('a', at(-1)));
    const { news } = track();
    expect(await news()).toEqual(['a stored']);
    await given.stored.remove('a');
    expect(await news()).toEqual([]);
    await given.stored.put(record('a', at(-1)));
    expect(await news()).toEqual(['a stored']);
  });

  it('does not remember more of what waits than it may', async () => {
    const ids = ['a', 'b', 'c'];
    const old = ids.map((id) => record(id, at(-100_000)));
    await given.stored.put(...old, record('newest', at(0), true));
    const { tracker, news } = track(given.stored.archive, 2);
    tracker.note(await summarise()(old, signal));
    await news();
    await given.stored.put(...ids.map((id) => record(id, at(-100_000), true)));
    expect(await news()).toHaveLength(2);
    expect(await news()).toEqual([]);
  });

  it('misses none of many', async () => {
    const { news } = track();
    await news();
    const all = Array.from({ length: 1_500 }, (_, n) => record(`m-${n}`, at(0) + n * 10, true));
    await given.stored.put(...all);
    expect(await news()).toEqual(all.map(({ message_id }) => `${message_id} published`));
    expect(await news()).toEqual([]);
  }, 60_000);
});

describe('a watch', () => {
  const failures: string[] = [];
  beforeEach(() => void failures.splice(0));

  function watchOver(archive: TestArchive['archive'], pollMs = 10) {
    const reportFailure = (what: string, error: unknown) =>
      void failures.push(`${what}: ${(error as Error).message}`);
    return new MessageWatch({ archive, summarise: summarise(), pollMs, reportFailure });
  }
  function listenTo(watch: MessageWatch) {
    const told: string[] = [];
    const watching = watch.watch(
      ({ message_id, state }) => void told.push(`${message_id} ${state}`),
    );
    onTestFinished(() => watching[Symbol.dispose]());
    return { told, watching };
  }
  /** Counts how often the index is asked, and keeps which messages are read. */
  function counting(archive: TestArchive['archive'], fails: () => boolean = () => false) {
    let asked = 0;
    const read: (readonly string[])[] = [];
    const counted = Object.assign(Object.create(archive), {
      findAll: (ids: readonly string[]) => {
        read.push(ids);
        return archive.findAll(ids);
      },
      listKeys: (...args: Parameters<typeof archive.listKeys>): AsyncIterable<ArchiveKey> => {
        asked++;
        if (fails()) throw new Error('down');
        return archive.listKeys(...args);
      },
    });
    return { archive: counted, asked: () => asked, read };
  }

  it('polls only while somebody watches, and tells everybody', async () => {
    const { archive, asked } = counting(given.stored.archive);
    const watch = watchOver(archive);
    const first = listenTo(watch);
    const second = listenTo(watch);
    await given.stored.put(record('a', at(0), true));
    for (const { told } of [first, second]) {
      await vi.waitFor(() => expect(told).toEqual(['a published']), 10_000);
    }
    first.watching[Symbol.dispose]();
    await given.stored.put(record('b', at(1), true));
    await vi.waitFor(() => expect(second.told).toEqual(['a published', 'b published']), 10_000);
    expect(first.told).toEqual(['a published']);
    second.watching[Symbol.dispose]();
    const before = asked();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked()).toBeLessThanOrEqual(before);
    const third = listenTo(watch);
    await vi.waitFor(() => expect(third.told).toEqual(['a published', 'b published']), 10_000);
  });

  it('looks at once at a message that was poked, once for several pokes', async () => {
    const { archive, asked, read } = counting(given.stored.archive);
    const watch = watchOver(archive, 3_600_000);
    watch.poke('nobody watches');
    const { told } = listenTo(watch);
    await vi.waitFor(() => expect(asked()).toBe(2), 10_000);
    await given.stored.put(record('a', at(-3_600)), record('b', at(-3_600)));
    for (let n = 0; n < 10; n++) watch.poke('a');
    watch.poke('unknown');
    await vi.waitFor(() => expect(told).toEqual(['a overdue']), 10_000);
    await given.stored.put(record('a', at(-3_600), true));
    watch.poke('a');
    await vi.waitFor(() => expect(told).toEqual(['a overdue', 'a published']), 10_000);
    expect(read).toEqual([['a', 'unknown'], ['a']]);
  });

  it('tells nothing of what was asked for somebody who has gone', async () => {
    await given.stored.put(record('a', at(0), true));
    const answering = Promise.withResolvers<void>();
    const { archive } = given.stored;
    const asked = vi.fn();
    const slow = Object.assign(Object.create(archive), {
      listKeys: archive.listKeys.bind(archive),
      findAll: async (ids: readonly string[]) => {
        asked();
        await answering.promise;
        return archive.findAll(ids);
      },
    });
    const watch = watchOver(slow, 3_600_000);
    const gone = listenTo(watch);
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1), 10_000);
    gone.watching[Symbol.dispose]();
    const { told } = listenTo(watch);
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2), 10_000);
    answering.resolve();
    await vi.waitFor(() => expect(told).toEqual(['a published']), 10_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told).toEqual(['a published']);
    expect(gone.told).toEqual([]);
  });

  it('tells of a conflict with a message that was published long ago', async () => {
    await given.stored.put(record('a', at(-3_600), true), record('b', at(0), true));
    const conflicts: number[] = [];
    const watch = watchOver(given.stored.archive, 3_600_000);
    const watching = watch.watch((summary) => {
      if (summary.message_id === 'a') conflicts.push(summary.conflicts);
    });
    onTestFinished(() => watching[Symbol.dispose]());
    given.attempts.add({ at: NOW, ms: 1, status: 409, outcome: 'conflict', message_id: 'a' });
    watch.poke('a');
    await vi.waitFor(() => expect(conflicts).toEqual([1]), 10_000);
  });

  it('reports a failure once, goes on, and reports the next one again', async () => {
    let isDown = true;
    const { archive, asked } = counting(given.stored.archive, () => isDown);
    const { told } = listenTo(watchOver(archive, 2));
    await vi.waitFor(() => expect(asked()).toBeGreaterThan(2), 10_000);
    expect(failures).toEqual(['look for new messages: down']);
    isDown = false;
    await given.stored.put(record('a', at(0), true));
    await vi.waitFor(() => expect(told).toEqual(['a published']), 5_000);
    isDown = true;
    await vi.waitFor(() => expect(failures).toHaveLength(2), 10_000);
  });
});
