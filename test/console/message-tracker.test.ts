import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MessageSummary } from '../../console/protocol.ts';
import { AttemptMemory } from '../../console/server/attempts.ts';
import { createSummariser } from '../../console/server/message-summary.ts';
import { MessageTracker } from '../../console/server/message-tracker.ts';
import { publishedAt } from '../cli/stored-messages.ts';
import { someRecord } from '../fixtures/messages.ts';
import { createTestArchive, type TestArchive } from '../helpers/console-archive.ts';
import { type DynaliteTables, startDynalite } from '../helpers/dynalite-table.ts';

let tables: DynaliteTables;
beforeAll(async () => {
  tables = await startDynalite();
});
afterAll(() => tables?.[Symbol.asyncDispose]());

let stored: TestArchive;
let attempts: AttemptMemory;
beforeEach(async () => {
  stored = await createTestArchive(tables);
  attempts = new AttemptMemory();
});

const { signal } = new AbortController();
const NOW = Date.now();
const at = (seconds: number) => NOW + seconds * 1_000;
const record = (message_id: string, received_at: number, published = false) =>
  someRecord({ message_id, received_at, ...(published && publishedAt(received_at)) });
const summarise = () => createSummariser({ attempts, reportFailure: () => {} });

/** What a tracker tells, as `id state`. */
function track(archive: TestArchive['archive'] = stored.archive, maxUnpublished = 5_000) {
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
    await stored.put(
      record('b', at(-2), true),
      record('a', at(-1), true),
      record('c', at(-3), true),
    );
    expect(await news()).toEqual(['c published', 'b published', 'a published']);
    expect(await news()).toEqual([]);
  });

  it('begins with what is newest', async () => {
    await stored.put(record('old', at(-3_600), true), record('new', at(-10), true));
    const { news } = track();
    expect(await news()).toEqual(['new published']);
    await stored.put(record('next', at(-5), true));
    expect(await news()).toEqual(['next published']);
  });

  it('goes by the clock of the functions', async () => {
    await stored.put(record('first', at(-86_400), true));
    const { news } = track();
    await news();
    await stored.put(record('next', at(-86_390), true));
    expect(await news()).toEqual(['next published']);
  });

  it('finds a message that comes into the index late', async () => {
    await stored.put(record('first', at(-20), true));
    const { news } = track();
    await news();
    await stored.put(record('second', at(-1), true));
    expect(await news()).toEqual(['second published']);
    await stored.put(record('late', at(-15), true));
    expect(await news()).toEqual(['late published']);
    expect(await news()).toEqual([]);
  });

  it('looks again at a message that it could not read yet', async () => {
    await stored.put(record('first', at(-20), true));
    let isHidden = true;
    const { archive } = stored;
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
    await stored.put(record('a', at(-10)));
    const { news } = track();
    expect(await news()).toEqual(['a stored']);
    expect(await news()).toEqual([]);
    await stored.put(record('b', at(100), true));
    expect(await news()).toEqual(['b published']);
    const claim = { owner: 'somebody', until: at(60) };
    await stored.put({ ...record('a', at(-10)), claim });
    expect(await news()).toEqual(['a publishing']);
    await stored.put({ ...record('a', at(-10)), attempts: 2 });
    expect(await news()).toEqual(['a stored']);
    await stored.put({ ...record('a', at(-10), true), attempts: 2 });
    expect(await news()).toEqual(['a published']);
    expect(await news()).toEqual([]);
  });

  it('tells changes of what somebody was shown', async () => {
    await stored.put(record('shown', at(-3_600)), record('published', at(-3_500), true));
    await stored.put(record('newest', at(-1), true));
    const { tracker, news } = track();
    await news();
    const found = await stored.archive.findAll(['shown', 'published']);
    tracker.note(await summarise()(found, signal));
    expect(await news()).toEqual([]);
    await stored.put(record('shown', at(-3_600), true));
    expect(await news()).toEqual(['shown published']);
  });

  it('looks at all that wait in turn, some each time', async () => {
    const count = 1_200;
    const waiting = (n: number, published = false) => record(`m-${n}`, at(-100_000), published);
    const all = Array.from({ length: count }, (_, n) => waiting(n));
    await stored.put(...all, record('newest', at(0), true));
    const { tracker, news } = track();
    tracker.note(await summarise()(all, signal));
    await news();
    // Far behind others of which there is nothing new.
    await stored.put(waiting(1_100, true));
    expect([...(await news()), ...(await news())]).toEqual(['m-1100 published']);
    await stored.put(...Array.from({ length: count }, (_, n) => waiting(n, true)));
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

  it('forgets what was deleted', async () => {
    await stored.put(record('a', at(-1)));
    const { news } = track();
    expect(await news()).toEqual(['a stored']);
    await stored.remove('a');
    expect(await news()).toEqual([]);
    await stored.put(record('a', at(-1)));
    expect(await news()).toEqual(['a stored']);
  });

  it('does not remember more of what waits than it may', async () => {
    const ids = ['a', 'b', 'c'];
    const old = ids.map((id) => record(id, at(-100_000)));
    await stored.put(...old, record('newest', at(0), true));
    const { tracker, news } = track(stored.archive, 2);
    tracker.note(await summarise()(old, signal));
    await news();
    await stored.put(...ids.map((id) => record(id, at(-100_000), true)));
    expect(await news()).toHaveLength(2);
    expect(await news()).toEqual([]);
  });

  it('misses none of many', async () => {
    const { news } = track();
    await news();
    const all = Array.from({ length: 1_500 }, (_, n) => record(`m-${n}`, at(0) + n * 10, true));
    await stored.put(...all);
    expect(await news()).toEqual(all.map(({ message_id }) => `${message_id} published`));
    expect(await news()).toEqual([]);
  }, 60_000);
});
