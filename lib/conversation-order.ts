import { conversationOf, type MessageRecord, type PendingKey } from './message-record.ts';
import type { Notification } from './notification.ts';

/**
 * How long, from when it was received, a message that is not published holds back the later ones of
 * its conversation, ms. Not for ever: that they are published matters more than their order.
 */
export const MAX_HOLD_MS = 3_600_000;

/** A claimed record and what subscribers will get of it. */
export interface Publishable {
  readonly record: MessageRecord;
  readonly notification: Notification;
}

/**
 * Splits a list into rounds to be published one after the other, each with one message of any
 * conversation at most. SNS takes or fails each entry of a batch on its own, so two messages of one
 * conversation in the same batch could change places.
 */
export function roundsOf(publishables: readonly Publishable[]): Publishable[][] {
  const rounds: Publishable[][] = [];
  const counts = new Map<string, number>();
  for (const publishable of publishables) {
    const { conversation } = publishable.notification;
    const round = counts.get(conversation) ?? 0;
    counts.set(conversation, round + 1);
    rounds[round] = [...(rounds[round] ?? []), publishable];
  }
  return rounds;
}

/** The conversations whose later messages wait, because an earlier one is not published yet. */
export class HeldConversations {
  readonly #held = new Set<string>();
  /** A message of a conversation that is not known waits: any later one could be of the same. */
  holdsAll = false;

  holds({ notification }: Publishable): boolean {
    return this.holdsAll || this.#held.has(notification.conversation);
  }

  /** From here on, a message waits that was not published. */
  waitFor(record: MessageRecord, now: number): void {
    if (isWaitedFor(record, now)) this.#held.add(conversationOf(record));
  }

  /** From here on, a message waits of which nothing but its key could be read. */
  waitForUnknown(key: PendingKey, now: number): void {
    this.holdsAll ||= isWaitedFor(key, now);
  }
}

function isWaitedFor({ received_at }: PendingKey, now: number): boolean {
  return now - received_at < MAX_HOLD_MS;
}
