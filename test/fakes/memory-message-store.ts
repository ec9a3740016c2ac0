import {
  type Claim,
  type MessageRecord,
  type PendingKey,
  shardOf,
} from '../../lib/messages/message-record.ts';
import type {
  MessageStore,
  PendingClaim,
  PendingPage,
  PendingQuery,
  Publication,
} from '../../lib/messages/ports.ts';

export type StoredRecord = MessageRecord & { readonly expires_at?: number };

/** An in-memory message store. Each call is atomic, like DynamoDB's writes of one item. */
export class MemoryMessageStore implements MessageStore {
  readonly records = new Map<string, StoredRecord>();
  readonly #pageSize: number;

  constructor({ pageSize = 100 } = {}) {
    this.#pageSize = pageSize;
  }

  async putNew(record: MessageRecord): Promise<MessageRecord | 'stored'> {
    const existing = this.records.get(record.message_id);
    if (existing) return existing;
    this.records.set(record.message_id, record);
    return 'stored';
  }

  async takeOver(
    { message_id, claim: seen }: Pick<MessageRecord, 'message_id' | 'claim'>,
    claim: Claim,
  ): Promise<MessageRecord | undefined> {
    const record = this.records.get(message_id);
    if (record?.claim?.owner === claim.owner) return record;
    const isAsSeen = record?.claim?.owner === seen?.owner && record?.claim?.until === seen?.until;
    if (!record || !isPending(record) || !isAsSeen) return undefined;
    return this.#claim({ ...record, requests: record.requests + 1 }, claim);
  }

  async claimPending(messageId: string, claim: Claim, now: number): Promise<PendingClaim> {
    const record = this.records.get(messageId);
    if (!record || !isPending(record)) return { status: 'not-pending' };
    if (record.claim?.owner === claim.owner) return { status: 'claimed', record };
    if (record.claim && record.claim.until > now) return { status: 'held', record };
    return { status: 'claimed', record: this.#claim(record, claim) };
  }

  async markPublished(
    messageId: string,
    owner: string,
    publication: Publication,
  ): Promise<boolean> {
    const record = this.records.get(messageId);
    if (record?.sns_message_id === publication.sns_message_id) return true;
    if (!record || record.claim?.owner !== owner) return false;
    const { claim: _, ...unclaimed } = record;
    this.records.set(messageId, { ...unclaimed, ...publication });
    return true;
  }

  async release(messageId: string, owner: string): Promise<boolean> {
    const record = this.records.get(messageId);
    if (!record || record.claim?.owner !== owner) return false;
    const { claim: _, ...unclaimed } = record;
    this.records.set(messageId, unclaimed);
    return true;
  }

  async findPending(shard: string, { receivedBefore, after }: PendingQuery): Promise<PendingPage> {
    const found = this.#pendingKeys(shard, receivedBefore);
    const start = after
      ? found.findIndex(({ message_id }) => message_id === after.message_id) + 1
      : 0;
    const keys = found.slice(start, start + this.#pageSize);
    const last = keys.at(-1);
    return { keys, ...(last && start + keys.length < found.length && { next: last }) };
  }

  async countPending(
    shard: string,
    { receivedBefore }: Pick<PendingQuery, 'receivedBefore'>,
  ): Promise<number> {
    return this.#pendingKeys(shard, receivedBefore).length;
  }

  #claim(record: StoredRecord, claim: Claim): MessageRecord {
    const claimed = { ...record, claim, publish_attempts: record.publish_attempts + 1 };
    this.records.set(record.message_id, claimed);
    return claimed;
  }

  #pendingKeys(shard: string, receivedBefore: number): PendingKey[] {
    return [...this.records.values()]
      .filter((record) => isPending(record) && shardOf(record.message_id) === shard)
      .filter(({ received_at }) => received_at < receivedBefore)
      .map(({ message_id, received_at }) => ({ message_id, received_at }))
      .sort((a, b) => a.received_at - b.received_at || (a.message_id < b.message_id ? -1 : 1));
  }
}

function isPending(record: MessageRecord): boolean {
  return record.published_at === undefined;
}
