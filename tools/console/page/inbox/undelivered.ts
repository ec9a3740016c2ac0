import type { MessageSummary } from '../../protocol.ts';

type Deliveries = Pick<MessageSummary, 'undelivered' | 'waiting' | 'published_at'>;

/** Most messages are delivered within seconds. Mark one that waits for longer. */
export const WAITING_MS = 60_000;

/** Whether a subscriber lacks a message: as the server lists it, from when it is published. */
export function lacks({ undelivered = [], waiting = [] }: Deliveries, subscriber: string): boolean {
  return undelivered.includes(subscriber) || waiting.includes(subscriber);
}

/**
 * The subscribers for whom a message is marked as undelivered: its delivery fails, was given up, or waits for
 * more than a minute.
 *
 * @param now Epoch ms.
 */
export function undeliveredTo(
  { undelivered = [], waiting = [], published_at = Infinity }: Deliveries,
  now: number,
): readonly string[] {
  return now - published_at > WAITING_MS ? [...undelivered, ...waiting] : undelivered;
}
