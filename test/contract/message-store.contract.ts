import { beforeEach, describe, expect, it } from 'vitest';
import { type MessageRecord, shardOf } from '../../lib/messages/message-record.ts';
import type { MessageStore } from '../../lib/messages/ports.ts';
import { someRecord } from '../fixtures/messages.ts';

const ID = someRecord().message_id;
const A = { owner: 'a', until: 5_000 };
const B = { owner: 'b', until: 9_000 };
const PUBLICATION = { published_at: 2_000, sns_message_id: 'sns-1', expires_at: 3 };

/**
 * The contract of every message store, for the fake and the real adapter.
 *
 * @param newStore Returns an empty store.
 */
export function messageStoreContract(newStore: () => Promise<MessageStore>): void {
  let store: MessageStore;
  beforeEach(async () => {
    store = await newStore();
  });
  const inPlace = async () => (await store.putNew(someRecord())) as MessageRecord;

  describe('putNew', () => {
    it('stores a new record completely', async () => {
      const extra = Object.create(null);
      for (const name of ['__proto__', 'constructor', '', 'é']) extra[name] = `\0 ${name}`;
      const record = someRecord({ claim: A, body: '', extra });
      expect(await store.putNew(record)).toBe('stored');
      const stored = (await store.putNew(record)) as MessageRecord;
      expect(JSON.stringify(stored.extra)).toBe(JSON.stringify(extra));
      expect({ ...stored, extra: {} }).toEqual({ ...record, extra: {} });
    });

    it('leaves out absent fields', async () => {
      const { service_id: _, timestamp: __, ...record } = someRecord();
      await store.putNew(record);
      expect(await inPlace()).toEqual(record);
    });

    it('never overwrites, and returns the record in place', async () => {
      await store.putNew(someRecord({ claim: A }));
      const other = await store.putNew(someRecord({ body: 'other', claim: B }));
      expect(other).toEqual(someRecord({ claim: A }));
      expect(await inPlace()).toEqual(someRecord({ claim: A }));
    });
  });

  describe('takeOver', () => {
    it('takes a claim that has not changed, and counts the request and the attempt', async () => {
      await store.putNew(someRecord({ claim: A }));
      const taken = await store.takeOver({ message_id: ID, claim: A }, B);
      expect(taken).toEqual(someRecord({ claim: B, requests: 2, publish_attempts: 2 }));
      expect(await inPlace()).toEqual(taken);
    });

    it('takes an unclaimed record', async () => {
      await store.putNew(someRecord());
      const taken = await store.takeOver({ message_id: ID }, B);
      expect(taken).toEqual(someRecord({ claim: B, requests: 2, publish_attempts: 2 }));
    });

    it.each([
      ['another owner', { owner: 'c', until: A.until }],
      ['another term', { owner: A.owner, until: 1 }],
      ['no claim', undefined],
    ])('does not take a claim that was seen with %s', async (_, seen) => {
      await store.putNew(someRecord({ claim: A }));
      const subject = seen ? { message_id: ID, claim: seen } : { message_id: ID };
      expect(await store.takeOver(subject, B)).toBeUndefined();
      expect((await inPlace()).claim).toEqual(A);
    });

    it('does not take a published record', async () => {
      await store.putNew(someRecord({ claim: A }));
      await store.markPublished(ID, A.owner, PUBLICATION);
      expect(await store.takeOver({ message_id: ID }, B)).toBeUndefined();
      expect((await inPlace()).claim).toBeUndefined();
    });
  });

  describe('claimPending', () => {
    it('claims an unclaimed record, and counts the attempt but no request', async () => {
      await store.putNew(someRecord());
      const claimed = await store.claimPending(ID, B, 0);
      const record = someRecord({ claim: B, publish_attempts: 2 });
      expect(claimed).toEqual({ status: 'claimed', record });
    });

    it('takes over a claim that has ended, not a live one', async () => {
      await store.putNew(someRecord({ claim: A }));
      const held = await store.claimPending(ID, B, A.until - 1);
      // DynamoDB returns the item that did not meet the condition. Its emulator does not.
      if (held.status !== 'not-pending') {
        expect(held).toEqual({ status: 'held', record: someRecord({ claim: A }) });
      }
      expect(await inPlace()).toEqual(someRecord({ claim: A }));
      expect(await store.claimPending(ID, B, A.until)).toMatchObject({
        status: 'claimed',
        record: { claim: B, publish_attempts: 2 },
      });
    });

    it('claims no published and no missing record', async () => {
      expect(await store.claimPending(ID, B, 0)).toEqual({ status: 'not-pending' });
      await store.putNew(someRecord({ claim: A }));
      await store.markPublished(ID, A.owner, PUBLICATION);
      expect(await store.claimPending(ID, B, 10_000)).toEqual({ status: 'not-pending' });
    });
  });

  describe('markPublished', () => {
    it('records the publication and removes the claim', async () => {
      await store.putNew(someRecord({ claim: A }));
      expect(await store.markPublished(ID, A.owner, PUBLICATION)).toBe(true);
      expect(await inPlace()).toMatchObject(someRecord({ published_at: 2_000 }));
      expect(await inPlace()).toMatchObject({ sns_message_id: 'sns-1' });
      expect((await inPlace()).claim).toBeUndefined();
    });

    it.each(['another owner', ''])('does nothing for %j', async (owner) => {
      await store.putNew(someRecord({ claim: A }));
      expect(await store.markPublished(ID, owner || 'z', PUBLICATION)).toBe(false);
      expect(await inPlace()).toEqual(someRecord({ claim: A }));
    });

    it('creates nothing', async () => {
      expect(await store.markPublished(ID, A.owner, PUBLICATION)).toBe(false);
      expect(await store.putNew(someRecord())).toBe('stored');
    });
  });

  describe('release', () => {
    it('removes its own claim and keeps the record pending', async () => {
      await store.putNew(someRecord({ claim: A }));
      expect(await store.release(ID, A.owner)).toBe(true);
      expect(await inPlace()).toEqual(someRecord());
      expect(await store.countPending(shardOf(ID), { receivedBefore: 1e12 })).toBe(1);
    });

    it('does not remove another’s claim', async () => {
      await store.putNew(someRecord({ claim: A }));
      expect(await store.release(ID, B.owner)).toBe(false);
      expect((await inPlace()).claim).toEqual(A);
    });
  });

  describe('pending records', () => {
    const idsOfOneShard = Array.from({ length: 400 }, (_, n) => `m-${n}`).filter(
      (id) => shardOf(id) === '7',
    );

    it('are found page by page, oldest first, and counted while they are pending', async () => {
      for (const [n, message_id] of idsOfOneShard.entries()) {
        await store.putNew(someRecord({ message_id, received_at: 1_000 - n, claim: A }));
      }
      const [published, ...pending] = idsOfOneShard;
      await store.markPublished(published ?? '', A.owner, PUBLICATION);

      const found: string[] = [];
      let page = await store.findPending('7', { receivedBefore: 2_000 });
      found.push(...page.keys.map((key) => key.message_id));
      while (page.next) {
        page = await store.findPending('7', { receivedBefore: 2_000, after: page.next });
        found.push(...page.keys.map((key) => key.message_id));
      }
      expect(found).toEqual(pending.toReversed());
      expect(await store.countPending('7', { receivedBefore: 2_000 })).toBe(pending.length);
      expect(await store.countPending('8', { receivedBefore: 2_000 })).toBe(0);
    });

    it('are left out if they came at the given time or later', async () => {
      await store.putNew(someRecord({ received_at: 1_000 }));
      const shard = shardOf(ID);
      expect((await store.findPending(shard, { receivedBefore: 1_000 })).keys).toEqual([]);
      expect(await store.countPending(shard, { receivedBefore: 1_000 })).toBe(0);
      expect((await store.findPending(shard, { receivedBefore: 1_001 })).keys).toEqual([
        { message_id: ID, received_at: 1_000 },
      ]);
    });
  });
}
