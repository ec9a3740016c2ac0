import { buildOutgoing } from './build-outgoing.ts';
import { type DeliveryMark, markDelivered, markFailed } from './delivery-mark.ts';
import type {
  Answer,
  DeliveryMarkStore,
  ReadSecret,
  Send,
  SubscriberQueue,
} from './forwarding-ports.ts';
import { SecretMalformed } from './https.ts';
import type { ForwardedMessage, Outgoing } from './outgoing.ts';
import { nextPause } from './pauses.ts';
import { MAX_ATTEMPTS, type Subscriber } from './subscriber.ts';

export interface ForwardDependencies {
  readonly marks: DeliveryMarkStore;
  readonly readSecret: ReadSecret;
  readonly send: Send;
  /** IANA name of the time zone for times that people read. */
  readonly timeZone: string;
  /** On the local stack, a chat's webhook may have an `http:` URL. */
  readonly isLocal: boolean;
  /** Epoch ms. */
  readonly now: () => number;
  /** 0 to 1. */
  readonly random: () => number;
}

/** One attempt to deliver a message. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  /** The message has waited so long that its conversation must go on soon. */
  readonly isOverdue: boolean;
  readonly receiptHandle: string;
  readonly queue: SubscriberQueue;
}

/** The deadlines of an attempt's steps. */
export type ForwardDeadlines = Readonly<Record<'read' | 'send' | 'pause' | 'mark', AbortSignal>>;

/** Why an attempt failed. */
export interface Fault {
  /** A few words without a URL or a secret: an HTTP status such as `500`, or `timeout`. */
  readonly reason: string;
  /** The HTTP status, if there was an answer. */
  readonly status?: number | undefined;
  /** The header `Retry-After`. */
  readonly retryAfter?: string | undefined;
  /** Somebody must set the secret, or allow the function to read it. */
  readonly isSecretMissing?: boolean;
  readonly error?: unknown;
}

/** An AWS call that failed without changing the result of the attempt. */
export interface FailedCall {
  readonly call: 'mark' | 'pause';
  readonly error: unknown;
}

/** The result of an attempt. */
export type Forwarding = { readonly failedCalls: readonly FailedCall[] } & (
  | { readonly outcome: 'delivered'; readonly status: number }
  | { readonly outcome: 'already-delivered' }
  /** A canary has no next attempt, because it has only one. */
  | (Fault & { readonly outcome: 'failed'; readonly nextAttemptS?: number })
  | (Fault & { readonly outcome: 'dead-lettered' })
  | { readonly outcome: 'unreadable' }
);

/**
 * A failure is marked only after these attempts, because an update is billed by the size of the whole item.
 */
const MARKED_ATTEMPTS = [1, 5, 12, MAX_ATTEMPTS];

/**
 * Delivers a message to a subscriber, unless its record says that it was delivered, and marks the record.
 * Also delivers a message without a record. After a failure, the message waits in its queue; a canary does
 * not. Never rejects.
 */
export async function forwardMessage(
  message: ForwardedMessage,
  subscriber: Subscriber,
  attempt: Attempt,
  dependencies: ForwardDependencies,
  deadlines: ForwardDeadlines,
): Promise<Forwarding> {
  const { marks, now } = dependencies;
  const { number } = attempt;
  const writeMark = async (changed: DeliveryMark): Promise<readonly FailedCall[]> => {
    try {
      await marks.write(message.message_id, subscriber.name, changed, deadlines.mark);
      return [];
    } catch (error) {
      return [{ call: 'mark', error }];
    }
  };
  const markFailure = async (
    before: DeliveryMark | undefined,
    forwarding: Extract<Forwarding, Fault>,
  ): Promise<Forwarding> => {
    const { reason, outcome } = forwarding;
    const isDead = outcome === 'dead-lettered';
    const failedCalls = await writeMark(markFailed(before, { number, now: now(), reason, isDead }));
    return { ...forwarding, failedCalls: [...forwarding.failedCalls, ...failedCalls] };
  };

  let mark: DeliveryMark | undefined;
  try {
    mark = await marks.read(message.message_id, subscriber.name, deadlines.read);
  } catch (error) {
    const fault = { reason: 'table unavailable', error };
    if (message.isCanary) return { ...fault, outcome: 'failed', failedCalls: [] };
    const forwarding = await holdBack(fault, attempt, dependencies, deadlines);
    // The mark could not be read. The store does not let this one replace a delivery's.
    return number < MAX_ATTEMPTS ? forwarding : markFailure(undefined, forwarding);
  }
  if (mark?.delivered_at !== undefined && message.replay === undefined) {
    return { outcome: 'already-delivered', failedCalls: [] };
  }

  const answer = await deliver(message, subscriber, dependencies, deadlines);
  if (!('reason' in answer)) {
    const isReplay = message.replay !== undefined;
    const delivered = markDelivered(mark, { number, now: now(), isReplay });
    let failedCalls = await writeMark(delivered);
    // Without the mark, the message would look as if it were still waiting.
    if (failedCalls.length > 0) failedCalls = await writeMark(delivered);
    return { outcome: 'delivered', status: answer.status, failedCalls };
  }

  if (message.isCanary) return { ...answer, outcome: 'failed', failedCalls: [] };
  const forwarding = await holdBack(answer, attempt, dependencies, deadlines);
  return MARKED_ATTEMPTS.includes(number) ? markFailure(mark, forwarding) : forwarding;
}

async function deliver(
  message: ForwardedMessage,
  subscriber: Subscriber,
  { readSecret, send, timeZone, isLocal, now }: ForwardDependencies,
  deadlines: ForwardDeadlines,
): Promise<{ readonly status: number } | Fault> {
  let secret = '';
  if ('secret' in subscriber) {
    const reading = await readSecret(subscriber.secret, deadlines.read);
    if ('reason' in reading) {
      const { reason, error } = reading;
      return { reason, error, isSecretMissing: reason !== 'secret unavailable' };
    }
    secret = reading.secret;
  }
  let outgoing: Outgoing;
  try {
    outgoing = buildOutgoing(message, subscriber, secret, { timeZone, isLocal, now: now() });
  } catch (error) {
    if (error instanceof SecretMalformed) return { reason: error.message, isSecretMissing: true };
    return { reason: 'message not built', error };
  }
  return faultOf(await send(outgoing, deadlines.send));
}

/** Only a 2xx is a success. */
function faultOf(answer: Answer): { readonly status: number } | Fault {
  if ('fault' in answer) return { reason: answer.fault };
  const { status, retryAfter } = answer;
  return status >= 200 && status < 300 ? { status } : { reason: `${status}`, status, retryAfter };
}

/**
 * Makes the message wait in its queue. After the last attempt it does not wait: the queue moves it to the
 * dead-letter queue instead of delivering it again.
 */
export async function holdBack(
  fault: Fault,
  attempt: Attempt,
  { now, random }: Pick<ForwardDependencies, 'now' | 'random'>,
  { pause: deadline }: Pick<ForwardDeadlines, 'pause'>,
): Promise<Extract<Forwarding, Fault>> {
  const { number } = attempt;
  if (number >= MAX_ATTEMPTS) {
    return {
      ...fault,
      outcome: 'dead-lettered',
      failedCalls: await pauseFor(0, attempt, deadline),
    };
  }
  const nextAttemptS = nextPause(attempt, fault.retryAfter, now(), random());
  const failedCalls = await pauseFor(nextAttemptS, attempt, deadline);
  return { ...fault, outcome: 'failed', nextAttemptS, failedCalls };
}

/**
 * Makes the queue deliver an unreadable message again at once. After the last attempt, the queue
 * moves it to the dead-letter queue.
 */
export async function giveUp(
  attempt: Attempt,
  { pause: deadline }: Pick<ForwardDeadlines, 'pause'>,
): Promise<Forwarding> {
  return { outcome: 'unreadable', failedCalls: await pauseFor(0, attempt, deadline) };
}

/** If this call fails, the message waits for the queue's own visibility timeout. @returns The failed call. */
async function pauseFor(
  seconds: number,
  { queue, receiptHandle }: Attempt,
  deadline: AbortSignal,
): Promise<readonly FailedCall[]> {
  try {
    await queue.pause(receiptHandle, seconds, deadline);
    return [];
  } catch (error) {
    return [{ call: 'pause', error }];
  }
}
