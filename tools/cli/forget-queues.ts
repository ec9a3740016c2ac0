import { printableWord } from '../shared/terminal-text.ts';
import { messagesText } from './message-columns.ts';
import type { Output } from './output.ts';
import {
  countOf,
  type QueueDepth,
  queueDepth,
  queueProblems,
  type Unreadable,
  unreadable,
} from './queue-depth.ts';
import type { Stack } from './stack.ts';

/** The number of messages in the queues of a subscriber, of all senders. */
export interface SubscriberQueues {
  readonly subscriber: string;
  /** They will still be delivered. */
  readonly waiting: QueueDepth;
  readonly dead: QueueDepth;
  /** Deleted dead letters of the sender, if the dead-letter queue was read. */
  readonly deleted?: number;
}

/** Counts the messages in the queues of each subscriber. */
export async function countQueues(stack: Stack, signal: AbortSignal): Promise<SubscriberQueues[]> {
  const { subscribers } = stack;
  if (subscribers.length === 0) return [];
  const sqs = await stack.clients.sqs();
  return Promise.all(
    subscribers.map(async ({ name, queue, deadLetters }) => ({
      subscriber: name,
      waiting: await queueDepth(sqs, queue, signal),
      dead: await queueDepth(sqs, deadLetters, signal),
    })),
  );
}

/**
 * Deletes the sender's dead letters. If one queue cannot be read, the others are still searched.
 *
 * @returns `counted`, with what was deleted.
 */
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
    const { signal } = output;
    let problem: Unreadable | undefined;
    try {
      // Also if the count is 0: it may be a minute old.
      await forgetDeadLetters(sqs, deadLetters, isSender, tally, { signal });
    } catch (error) {
      signal.throwIfAborted();
      problem = unreadable(error);
    }
    progress.update(results.length / counted.length, queues.subscriber);
    const left =
      typeof queues.dead === 'number' ? Math.max(0, queues.dead - tally.deleted) : queues.dead;
    results.push({ ...queues, dead: problem ?? left, ...(!problem && { deleted: tally.deleted }) });
  }
  return results;
}

/** For scripts. */
export function queuesJson({ subscriber, waiting, dead, deleted }: SubscriberQueues) {
  return {
    subscriber,
    waiting: countOf(waiting),
    dead_letters: countOf(dead),
    ...(deleted !== undefined && { dead_letters_deleted: deleted }),
    problems: queueProblems({ waiting, dead }),
  };
}

/** The subscribers whose dead letters AWS does not allow to read. */
export function unreadDeadLetters(all: readonly SubscriberQueues[]): string[] {
  return all.flatMap(({ subscriber, dead }) => (dead === 'not allowed' ? [subscriber] : []));
}

/** One line for each fact about the queues. */
export function queuesText(all: readonly SubscriberQueues[]): string[] {
  if (all.length === 0) return [];
  return [...all.flatMap(linesOf), 'Subscribers keep their own copies: delete those there.'];
}

function linesOf({ subscriber, waiting, dead, deleted }: SubscriberQueues): string[] {
  const name = printableWord(subscriber);
  const lines: string[] = [];
  if (deleted) lines.push(`${name}: ${messagesText(deleted)} deleted from its dead-letter queue.`);
  if (deleted === undefined && typeof dead === 'number' && dead > 0) {
    lines.push(
      `${name}: about ${messagesText(dead)} of any sender in its dead-letter queue. Those of that sender would be deleted.`,
    );
  }
  if (dead === 'gone') lines.push(`${name}: its dead-letter queue is gone, with what it held.`);
  if (dead === 'not allowed') {
    lines.push(
      `${name}: AWS does not allow you to read its dead-letter queue. What it holds of that sender stays there.`,
    );
  }
  if (waiting === 'gone') lines.push(`${name}: its queue is gone, with what waited in it.`);
  if (waiting === 'not allowed') {
    lines.push(
      `${name}: AWS does not allow you to read its queue. What waits there will still be delivered.`,
    );
  }
  if (typeof waiting === 'number' && waiting > 0) {
    lines.push(
      `${name}: about ${messagesText(waiting)} of any sender in its queue. ${waiting === 1 ? 'It' : 'They'} will still be delivered.`,
    );
  }
  return lines;
}
