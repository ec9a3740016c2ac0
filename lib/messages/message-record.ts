import { hash } from 'node:crypto';
import type { SmsMessage } from './sms-message.ts';

/** Which invocation is publishing a message, and until when (epoch ms) nobody else may. */
export interface Claim {
  readonly owner: string;
  readonly until: number;
}

/** A stored message: what the sender said, and how far its delivery has come. */
export interface MessageRecord extends SmsMessage {
  /** When the first attempt reached us, epoch ms. */
  readonly received_at: number;
  /**
   * Requests of the PBX that tried to deliver it. A request that found another one publishing it, or
   * that could not reach the store, is not counted: both end without a write.
   */
  readonly requests: number;
  /** How often publishing was begun, by the webhook or by the sweeper. */
  readonly publish_attempts: number;
  readonly claim?: Claim;
  /** Epoch ms; absent while the message is pending. */
  readonly published_at?: number;
  readonly sns_message_id?: string;
}

/** The record of a message that has just been received, claimed by its first attempt. */
export function newRecord(message: SmsMessage, received_at: number, claim: Claim): MessageRecord {
  return { ...message, received_at, requests: 1, publish_attempts: 1, claim };
}

/** What is stored under a `message_id` is not a message: no later read will change that. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord';
}

/**
 * The conversation that a message belongs to: SHA-256 (hex) of the two numbers. A FIFO topic's message
 * group, which takes neither a space nor every letter that a sender's name may hold.
 */
export function conversationOf({
  sms_number,
  from,
}: Pick<SmsMessage, 'sms_number' | 'from'>): string {
  return hash('sha256', JSON.stringify([sms_number, from]));
}

/** The key under which the pending index holds a record: all that a sweep reads before it claims. */
export type PendingKey = Pick<MessageRecord, 'message_id' | 'received_at'>;

/**
 * How many partitions each index is spread over. One partition takes about 1,000 writes a second, and
 * a message costs the pending index two of them (in, and out again).
 */
export const SHARDS = 16;

/** The partition of the indexes that a message belongs to: `0` to `f`, uniform by hash. */
export function shardOf(messageId: string): string {
  const byte = Number.parseInt(hash('sha256', messageId).slice(0, 2), 16);
  return (byte % SHARDS).toString(16);
}

/** Every partition of the indexes. */
export const ALL_SHARDS: readonly string[] = Array.from({ length: SHARDS }, (_, shard) =>
  shard.toString(16),
);
