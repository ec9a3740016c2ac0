import { hash } from 'node:crypto';
import type { SmsMessage } from './sms-message.ts';

/** The invocation that is publishing a message. Until `until` (epoch ms), no other may publish it. */
export interface Claim {
  readonly owner: string;
  readonly until: number;
}

/** A stored message and the state of its delivery. */
export interface MessageRecord extends SmsMessage {
  /** When the first attempt reached us, epoch ms. */
  readonly received_at: number;
  /**
   * The PBX's requests that tried to deliver it. A request is not counted if another one was publishing the
   * message, or if it could not reach the store. Both end without a write.
   */
  readonly requests: number;
  /** How often the webhook or the sweeper began to publish it. */
  readonly publish_attempts: number;
  readonly claim?: Claim;
  /** Epoch ms; absent while the message is pending. */
  readonly published_at?: number;
  readonly sns_message_id?: string;
}

/** The record of a new message, claimed by its first attempt. */
export function newRecord(message: SmsMessage, received_at: number, claim: Claim): MessageRecord {
  return { ...message, received_at, requests: 1, publish_attempts: 1, claim };
}

/** The item under a `message_id` is not a message. Reading it again will not help. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord';
}

/**
 * The conversation of a message: SHA-256 (hex) of the two numbers. It is the message group of a FIFO topic,
 * which allows no spaces and not every letter of a sender's name.
 */
export function conversationOf({
  sms_number,
  from,
}: Pick<SmsMessage, 'sms_number' | 'from'>): string {
  return hash('sha256', JSON.stringify([sms_number, from]));
}

/** A record's key in the pending index. A sweep reads only this before it claims. */
export type PendingKey = Pick<MessageRecord, 'message_id' | 'received_at'>;

/**
 * Partitions of each index. One partition takes about 1,000 writes a second, and a message costs the
 * pending index two of them (in, and out again).
 */
export const SHARDS = 16;

/** A message's partition of the indexes, `0` to `f`. The hash spreads messages evenly. */
export function shardOf(messageId: string): string {
  const byte = Number.parseInt(hash('sha256', messageId).slice(0, 2), 16);
  return (byte % SHARDS).toString(16);
}

/** All partitions of the indexes. */
export const ALL_SHARDS: readonly string[] = Array.from({ length: SHARDS }, (_, shard) =>
  shard.toString(16),
);
