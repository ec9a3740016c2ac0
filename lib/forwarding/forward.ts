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
  /** IANA's name of the time zone that people read times in. */
  readonly timeZone: string;
  /** It is the local stack's: a chat's webhook may be at `http:`. */
  readonly isLocal: boolean;
  /** Epoch ms. */
  readonly now: () => number;
  /** 0 to 1. */
  readonly random: () => number;
}

/** One attempt to hand a message over. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  /** The message has waited for so long that its conversation must go on soon. */
  readonly isOverdue: boolean;
  readonly receiptHandle: string;
  readonly queue: SubscriberQueue;
}

/** When each kind of work of an attempt must be over. */
export type ForwardDeadlines = Readonly<Record<'read' | 'send' | 'pause' | 'mark', AbortSignal>>;

/** Why an attempt failed. */
export interface Fault {
  /** A few words without a URL or a secret: an HTTP status such as `500`, or `timeout`. */
  readonly reason: string;
  /** The HTTP status, if there was an answer. */
  readonly status?: number | undefined;
  /** The header `Retry-After`. */
  readonly retryAfter?: string | undefined;
  /** Somebody has to set the secret, or to allow it to be read. */
  readonly isSecretMissing?: boolean;
  readonly error?: unknown;
}

/** A call of AWS that failed without changing what the attempt came to. */
export interface FailedCall {
  readonly call: 'mark' | 'pause';
  readonly error: unknown;
}

/** What an attempt came to. */
export type Forwarding = { readonly failedCalls: readonly FailedCall[] } & (
  | { readonly outcome: 'delivered'; readonly status: number }
  | { readonly outcome: 'already-delivered' }
  /** Without a next attempt, it was a canary, which has one attempt only. */
  | (Fault & { readonly outcome: 'failed'; readonly nextAttemptS?: number })
  | (Fault & { readonly outcome: 'dead-lettered' })
  | { readonly outcome: 'unreadable' }
);

/** A failure is marked after these attempts and the last one: an update bills the whole item. */
const MARKED_ATTEMPTS = [1, 5, 12, MAX_ATTEMPTS];

/**
 * Delivers a message to a subscriber, unless its record says that it has it, and marks the record. A message
 * without a record is delivered, too. After a failure, the message waits in its queue; a canary does not.
 * It never rejects.
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
    // What the mark was is not known. The store does not let it replace one of a delivery.
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
    // Without the mark, the message looks as if it were still waiting.
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

/** Only 2xx is success. */
function faultOf(answer: Answer): { readonly status: number } | Fault {
  if ('fault' in answer) return { reason: answer.fault };
  const { status, retryAfter } = answer;
  return status >= 200 && status < 300 ? { status } : { reason: `${status}`, status, retryAfter };
}

/**
 * Lets the message wait in its queue. After the last attempt it does not wait: the queue moves it to the
 * dead-letter queue instead of handing it over again.
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
 * Has what is no message of the contract handed over at once, as often as the queue does. Then it is in the
 * dead-letter queue.
 */
export async function giveUp(
  attempt: Attempt,
  { pause: deadline }: Pick<ForwardDeadlines, 'pause'>,
): Promise<Forwarding> {
  return { outcome: 'unreadable', failedCalls: await pauseFor(0, attempt, deadline) };
}

/** If the queue cannot be told, the message waits for the queue's own visibility timeout. @returns Why. */
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
