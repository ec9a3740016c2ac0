import { beforeEach, expect, it, vi } from 'vitest';
import { createPendingReader } from '../../lib/pending-reader.ts';
import { MemoryMessageStore } from '../fakes/memory-message-store.ts';
import { someRecord } from '../fixtures/messages.ts';

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

it('gives each key once, the oldest first, to several who take at once', async () => {
  const { take } = reader();
  const taken = await Promise.all([take(15), take(15), take(15), take(15)]);
  expect(taken.map((keys) => keys.length)).toEqual([15, 15, 10, 0]);
  expect(idsOf(taken.flat())).toEqual(IDS);
});

it('shows the next key, which stays', async () => {
  const { take, peek } = reader();
  for (let n = 0; n < 2; n++) expect(await peek()).toEqual({ message_id: 'm-0', received_at: 0 });
  expect(idsOf(await take(2))).toEqual(['m-0', 'm-1']);
  await take(100);
  expect(await peek()).toBeUndefined();
});

it('goes on after a page that could not be read', async () => {
  const { take, peek } = reader();
  await peek();
  vi.spyOn(store, 'findPending').mockRejectedValueOnce(new Error('down'));
  await expect(take(40)).rejects.toThrow('down');
  expect((await take(40)).length).toBeGreaterThan(0);
});
