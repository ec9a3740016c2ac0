import type { SQS } from '@aws-sdk/client-sqs';
import { queueCounts } from '../archive/dead-letters.ts';

/** Why a queue cannot be read. `not allowed`: AWS refuses these credentials. */
export type Unreadable = 'gone' | 'not allowed';

/** About how many messages a queue holds, or why they cannot be counted. */
export type QueueDepth = number | Unreadable;

/** Counts the messages of a queue, with those that are being delivered or wait for their next attempt. */
export async function queueDepth(
  sqs: Pick<SQS, 'getQueueAttributes'>,
  queueUrl: string,
  signal: AbortSignal,
): Promise<QueueDepth> {
  try {
    const { visible, hidden } = await queueCounts(sqs, queueUrl, signal);
    return visible + hidden;
  } catch (error) {
    return unreadable(error);
  }
}

/** Why a call to a queue failed. @throws The error, if it is not about this queue. */
export function unreadable(error: unknown): Unreadable {
  const name = error instanceof Error ? error.name : '';
  if (/QueueDoesNotExist|NonExistentQueue/.test(name)) return 'gone';
  if (/AccessDenied|NotAuthorized|AuthorizationError|Forbidden/.test(name)) return 'not allowed';
  throw error;
}

/** For scripts: the count, or null. */
export const countOf = (depth: QueueDepth) => (typeof depth === 'number' ? depth : null);

/** The queues of a subscriber that cannot be read, for people and scripts: `queue gone`. */
export function queueProblems(queues: {
  readonly waiting: QueueDepth;
  readonly dead: QueueDepth;
}): string[] {
  const { waiting, dead } = queues;
  return [
    ...(typeof waiting === 'number' ? [] : [`queue ${waiting}`]),
    ...(typeof dead === 'number' ? [] : [`dead-letter queue ${dead}`]),
  ];
}
