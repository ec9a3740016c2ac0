import { queueCounts } from '../archive/dead-letters.ts';
import { printableWord } from '../shared/terminal-text.ts';
import { messagesText } from './message-columns.ts';
import type { Output } from './output.ts';
import type { Stack } from './stack.ts';

/** What the queues of a subscriber hold, of all senders. Numbers are about right. */
export interface SubscriberQueues {
  readonly subscriber: string;
  /** They will still be delivered. */
  readonly waiting: number;
  readonly dead_letters: number;
  /** Of the sender, if its dead-letter queue was looked through. */
  readonly dead_letters_deleted?: number;
}

/** Counts what waits for each subscriber, and changes nothing. */
export async function countQueues(stack: Stack, signal: AbortSignal): Promise<SubscriberQueues[]> {
  return Promise.all(
    stack.subscribers.map(async ({ name, queue, deadLetters }) => ({
      subscriber: name,
      waiting: await messagesIn(queue, stack, signal),
      dead_letters: await messagesIn(deadLetters, stack, signal),
    })),
  );
}

async function messagesIn(queueUrl: string, { clients }: Stack, signal: AbortSignal) {
  const { visible, hidden } = await queueCounts(await clients.sqs(), queueUrl, signal);
  return visible + hidden;
}

/** Deletes what dead-letter queues hold of the sender. @returns `counted`, with what was deleted. */
export async function emptyDeadLetters(
  stack: Stack,
  counted: readonly SubscriberQueues[],
  isSender: (from: string) => boolean,
  output: Output,
): Promise<SubscriberQueues[]> {
  const { forgetDeadLetters } = await import('../archive/forget-dead-letters.ts');
  const sqs = await stack.clients.sqs();
  const results: SubscriberQueues[] = [];
  using progress = output.progress('Looking through dead letters');
  for (const queues of counted) {
    const { deadLetters } = stack.subscriber(queues.subscriber);
    const tally = { deleted: 0 };
    // A count of 0 may be a minute old.
    await forgetDeadLetters(sqs, deadLetters, isSender, tally, { signal: output.signal });
    progress.update(results.length / counted.length, queues.subscriber);
    const dead_letters = Math.max(0, queues.dead_letters - tally.deleted);
    results.push({ ...queues, dead_letters, dead_letters_deleted: tally.deleted });
  }
  return results;
}

/** What was and what was not reached, a line each. */
export function queuesText(all: readonly SubscriberQueues[]): string[] {
  if (all.length === 0) return [];
  const lines = all.flatMap(({ subscriber, waiting, dead_letters, dead_letters_deleted }) => {
    const name = printableWord(subscriber);
    return [
      dead_letters_deleted !== undefined &&
        dead_letters_deleted > 0 &&
        `${name}: ${messagesText(dead_letters_deleted)} deleted from its dead-letter queue.`,
      dead_letters_deleted === undefined &&
        dead_letters > 0 &&
        `${name}: about ${messagesText(dead_letters)} of any sender in its dead-letter queue. Those of that sender would be deleted.`,
      waiting > 0 &&
        `${name}: about ${messagesText(waiting)} of any sender in its queue. They will still be delivered.`,
    ].filter((line) => line !== false);
  });
  return [...lines, 'Subscribers keep what they have got: delete it there.'];
}
