import { beforeEach, expect, it, vi } from 'vitest';
import { shardOf } from '../../../lib/messages/message-record.ts';
import { createPendingReader } from '../../../lib/messages/pending-reader.ts';
import { MemoryMessageStore } from '../../fakes/memory-message-store.ts';
import { someRecord } from '../../fixtures/messages.ts';

const IDS = Array.from({ length: 40 }, (_, n) => `m-${n}`);

let store: MemoryMessageStore;
beforeEach(async () => {
  store = new MemoryMessageStore({ pageSize: 2 });
  for (const [n, message_id] of IDS.entries()) {
    await store.putNew(someRecord({ message_id, received_at: n }));
  }
});
const reader = () => createPendingReader(store, { receivedBefore: 1_000 });
const idsOf = (keys: readonly { readonly message_id: string }[]) =>
  keys.map(({ message_id }) => message_id);

it('returns each key once, oldest first, to several parallel callers', async () => {
  const { take } = reader();
  const taken = await Promise.all([take(15), take(15), take(15), take(15)]);
  expect(taken.map((keys) => keys.length)).toEqual([15, 15, 10, 0]);
  expect(idsOf(taken.flat())).toEqual(IDS);
});

it('shows the next key without taking it', async () => {
  const { take, peek } = reader();
  for (let n = 0; n < 2; n++) expect(await peek()).toEqual({ message_id: 'm-0', received_at: 0 });
  expect(idsOf(await take(2))).toEqual(['m-0', 'm-1']);
  await take(100);
  expect(await peek()).toBeUndefined();
});

it('leaves out a shard from its first unreadable page on, and says why', async () => {
  const { take, peek } = reader();
  await peek();
  const pages = reader();
  await pages.peek();
  expect(pages.error).toBeUndefined();
  vi.spyOn(store, 'findPending').mockRejectedValueOnce(new Error('down'));
  const keys = idsOf(await pages.take(100));
  expect(pages.error).toEqual(new Error('down'));
  expect(keys.length).toBeLessThan(IDS.length);
  const left = IDS.filter((id) => !keys.includes(id));
  expect(new Set(left.map(shardOf)).size).toBe(1);
  expect(idsOf(await take(100))).toEqual(IDS);
});
