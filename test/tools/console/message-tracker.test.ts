import { describe, expect, it } from 'vitest';
import type { MessageSummary } from '../../../tools/console/protocol.ts';
import { createSummariser } from '../../../tools/console/server/message-summary.ts';
import { MessageTracker } from '../../../tools/console/server/message-watch.ts';
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
