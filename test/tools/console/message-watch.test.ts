import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ArchiveKey } from '../../../tools/archive/archive-query.ts';
import { createSummariser } from '../../../tools/console/server/message-summary.ts';
import { MessageWatch } from '../../../tools/console/server/message-watch.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { archiveForEachTest, type TestArchive } from '../../helpers/console-archive.ts';
import { publishedAt } from '../cli/stored-messages.ts';

const given = archiveForEachTest();

const NOW = Date.now();
const at = (seconds: number) => NOW + seconds * 1_000;
const record = (message_id: string, received_at: number, published = false) =>
  someRecord({ message_id, received_at, ...(published && publishedAt(received_at)) });
const summarise = () => createSummariser({ attempts: given.attempts, reportFailure: () => {} });

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
      await vi.waitFor(() => expect(told).toEqual(['a published']));
    }
    first.watching[Symbol.dispose]();
    await given.stored.put(record('b', at(1), true));
    await vi.waitFor(() => expect(second.told).toEqual(['a published', 'b published']));
    expect(first.told).toEqual(['a published']);
    second.watching[Symbol.dispose]();
    const before = asked();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked()).toBeLessThanOrEqual(before);
    const third = listenTo(watch);
    await vi.waitFor(() => expect(third.told).toEqual(['a published', 'b published']));
  });

  it('looks at once at a message that was poked, once for several pokes', async () => {
    const { archive, asked, read } = counting(given.stored.archive);
    const watch = watchOver(archive, 3_600_000);
    watch.poke('nobody watches');
    const { told } = listenTo(watch);
    await vi.waitFor(() => expect(asked()).toBe(2));
    await given.stored.put(record('a', at(-3_600)), record('b', at(-3_600)));
    for (let n = 0; n < 10; n++) watch.poke('a');
    watch.poke('unknown');
    await vi.waitFor(() => expect(told).toEqual(['a pending']));
    await given.stored.put(record('a', at(-3_600), true));
    watch.poke('a');
    await vi.waitFor(() => expect(told).toEqual(['a pending', 'a published']));
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
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
    gone.watching[Symbol.dispose]();
    const { told } = listenTo(watch);
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
    answering.resolve();
    await vi.waitFor(() => expect(told).toEqual(['a published']));
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
    await vi.waitFor(() => expect(conflicts).toEqual([1]));
  });

  it('reports a failure once, goes on, and reports the next one again', async () => {
    let isDown = true;
    const { archive, asked } = counting(given.stored.archive, () => isDown);
    const { told } = listenTo(watchOver(archive, 2));
    await vi.waitFor(() => expect(asked()).toBeGreaterThan(2));
    expect(failures).toEqual(['look for new messages: down']);
    isDown = false;
    await given.stored.put(record('a', at(0), true));
    await vi.waitFor(() => expect(told).toEqual(['a published']), 5_000);
    isDown = true;
    await vi.waitFor(() => expect(failures).toHaveLength(2));
  });
});
