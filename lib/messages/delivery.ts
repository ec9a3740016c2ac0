import { type Claim, type MessageRecord, newRecord } from './message-record.ts';
import type { ToNotification } from './notification.ts';
import type { MessageStore, MessageTopic, Publication } from './ports.ts';
import type { SmsMessage } from './sms-message.ts';

/** How a delivery can end without an error. outcomes.ts has a row for each. */
export type DeliveryOutcome = 'published' | 'duplicate' | 'in-flight' | 'conflict';

/** The attempts for a message so far. Includes this request, if it was counted. */
export type Tries = Pick<MessageRecord, 'requests' | 'publish_attempts'>;

export interface Delivery {
  readonly outcome: DeliveryOutcome;
  /** Absent for a conflict, where the record belongs to another message. */
  readonly tries?: Tries;
  readonly sns_message_id?: string;
  /** False if the message was published but could not be marked. The sweeper may publish it again. */
  readonly marked?: boolean;
}

/** A delivery that could not be finished. If the message was stored, the sweeper will publish it. */
export class DeliveryFailed extends Error {
  readonly step: 'claim' | 'publish';
  /** Absent if the record could not be read. */
  readonly tries: Tries | undefined;

  constructor(step: 'claim' | 'publish', cause: unknown, tries?: Tries) {
    super(`The message could not be ${step === 'claim' ? 'stored' : 'published'}`, { cause });
    this.name = 'DeliveryFailed';
    this.step = step;
    this.tries = tries;
  }
}

export interface DeliveryDependencies {
  readonly store: MessageStore;
  readonly topic: MessageTopic;
  readonly toNotification: ToNotification;
  /** Epoch ms. */
  readonly now: () => number;
  /** Returns a name that no other attempt ever has. */
  readonly newOwner: () => string;
  /** How long a claim holds, ms. Must be longer than the function may run. */
  readonly leaseMs: number;
  /** How long a published record is kept, ms. */
  readonly retentionMs: number;
}

/** Two moments, in this order. */
export interface DeliveryDeadlines {
  /** Claiming and publishing end when this aborts. */
  readonly work?: AbortSignal;
  /** Marking and releasing end when this aborts. */
  readonly cleanUp?: AbortSignal;
}

/**
 * Stores the message once and publishes it once: claim, publish, mark.
 *
 * Resolves with `published` or `duplicate` only if the message is stored and was published.
 *
 * @throws {DeliveryFailed} If the store or the topic failed or took too long.
 */
export async function deliver(
  message: SmsMessage,
  dependencies: DeliveryDependencies,
  deadlines: DeliveryDeadlines = {},
): Promise<Delivery> {
  const claimed = await claim(message, dependencies, deadlines.work).catch((error) => {
    throw new DeliveryFailed('claim', error);
  });
  if ('outcome' in claimed) return claimed;

  const { owner, record } = claimed;
  const sns_message_id = await dependencies.topic
    .publish(dependencies.toNotification(record), deadlines.work)
    .catch(async (error) => {
      await release(dependencies.store, record.message_id, owner, deadlines.cleanUp);
      throw new DeliveryFailed('publish', error, triesOf(record));
    });

  const publication = publicationOf(sns_message_id, dependencies);
  const marked = await dependencies.store
    .markPublished(record.message_id, owner, publication, deadlines.cleanUp)
    // The message is published, so answer 200. The sweeper publishes it again and marks it.
    .catch(() => false);
  return { outcome: 'published', tries: triesOf(record), sns_message_id, marked };
}

/** Makes what the mark writes for a message that was just published. */
export function publicationOf(
  sns_message_id: string,
  { now, retentionMs }: Pick<DeliveryDependencies, 'now' | 'retentionMs'>,
): Publication {
  const published_at = now();
  return {
    published_at,
    sns_message_id,
    expires_at: Math.ceil((published_at + retentionMs) / 1000),
  };
}

/** Releases a claim, best effort. A claim that is not released expires. */
export async function release(
  store: MessageStore,
  messageId: string,
  owner: string,
  deadline: AbortSignal | undefined,
): Promise<boolean> {
  return store.release(messageId, owner, deadline).catch(() => false);
}

type Claimed = { readonly owner: string; readonly record: MessageRecord };

/** Claims the message, or returns the outcome that makes publishing unnecessary. */
async function claim(
  message: SmsMessage,
  { store, now, newOwner, leaseMs }: DeliveryDependencies,
  deadline: AbortSignal | undefined,
): Promise<Claimed | Delivery> {
  const received_at = now();
  const mine: Claim = { owner: newOwner(), until: received_at + leaseMs };
  const record = newRecord(message, received_at, mine);

  const existing = await store.putNew(record, deadline);
  if (existing === 'stored') return { owner: mine.owner, record };

  if (existing.fingerprint !== record.fingerprint) return { outcome: 'conflict' };
  const tries = triesOf(existing);
  if (existing.published_at !== undefined) return { outcome: 'duplicate', tries };
  // The SDK sent our put twice, because the first answer was lost. The stored record is ours.
  if (existing.claim?.owner === mine.owner) return { owner: mine.owner, record: existing };
  if (existing.claim && existing.claim.until > now()) return { outcome: 'in-flight', tries };

  const taken = await store.takeOver(existing, { ...mine, until: now() + leaseMs }, deadline);
  if (!taken) return { outcome: 'in-flight', tries };
  return { owner: mine.owner, record: taken };
}

function triesOf({ requests, publish_attempts }: MessageRecord): Tries {
  return { requests, publish_attempts };
}
