import type { MessageRecord } from '../../../lib/messages/message-record.ts';
import { SWEEP_GRACE_MS } from '../../../lib/messages/sweep.ts';
import { type Addressee, deliveryText, deliveryTexts } from '../../archive/deliveries.ts';
import type { ArchivedMessage } from '../../archive/message-archive.ts';
import type { MessageState, MessageSummary } from '../protocol.ts';
import type { Attempts } from './attempts.ts';
import type { ReportFailure } from './watching.ts';

/** The summaries of records for a list, in their order. */
export type Summarise = (
  records: readonly ArchivedMessage[],
  signal: AbortSignal,
) => Promise<MessageSummary[]>;

interface SummariserOptions {
  readonly attempts: Pick<Attempts, 'conflicts'>;
  readonly reportFailure: ReportFailure;
  /** Whether this console has seen a replay of a message. */
  readonly isReplayed?: (messageId: string) => boolean;
  readonly subscribers?: readonly Addressee[] | undefined;
}

/** If the log cannot be read, summaries have no conflicts, and the failure is reported once. */
export function createSummariser({
  attempts,
  reportFailure,
  isReplayed = () => false,
  subscribers = [],
}: SummariserOptions): Summarise {
  let isReported = false;
  return async (records, signal) => {
    const conflicts = await attempts.conflicts(signal).catch((error: unknown) => {
      signal.throwIfAborted();
      if (!isReported) reportFailure('read conflicts from the logs', error);
      isReported = true;
      return new Map<string, number>();
    });
    const now = Date.now();
    return records.map((record) => {
      const undelivered = undeliveredOf(record, subscribers, now);
      const marks = Object.values(record.deliveries ?? {});
      const wasReplayed =
        marks.some(({ replayed_at }) => replayed_at !== undefined) || isReplayed(record.message_id);
      return {
        ...summaryOf(record, conflicts.get(record.message_id) ?? 0, now),
        ...(wasReplayed && { isReplayed: true as const }),
        ...(undelivered.length > 0 && { undelivered }),
      };
    });
  };
}

/** A delivery that waits for less than this is not shown as undelivered. */
const WAITING_MS = 60_000;

/** The subscribers that lack a message: its delivery fails, was given up, or has waited for over a minute. */
function undeliveredOf(
  record: ArchivedMessage,
  subscribers: readonly Addressee[],
  now: number,
): string[] {
  const { published_at = now } = record;
  return deliveryTexts(record, subscribers, now).flatMap(({ name, state }) =>
    state === 'failing' ||
    state === 'dead' ||
    (state === 'waiting' && now - published_at > WAITING_MS)
      ? [name]
      : [],
  );
}

/** Whether a subscriber should have a message and has not got it, as for `list --undelivered`. */
export function isUndeliveredTo(record: ArchivedMessage, subscriber: Addressee): boolean {
  return (
    subscriber.addressing(record) !== 'before-it' &&
    /^(waiting|failing|dead)$/.test(deliveryText(record, subscriber).state)
  );
}

function summaryOf(record: MessageRecord, conflicts: number, now: number): MessageSummary {
  const { message_id, service_id, from, sms_number, body, timestamp } = record;
  const { received_at, published_at, requests, publish_attempts, claim } = record;
  const state = stateOf(record, now);
  return {
    message_id,
    ...(service_id !== undefined && { service_id }),
    from,
    sms_number,
    body,
    ...(timestamp !== undefined && { timestamp }),
    received_at,
    ...(published_at !== undefined && { published_at }),
    requests,
    publish_attempts,
    state,
    ...(state === 'publishing' && claim && { claimed_until: claim.until }),
    conflicts,
  };
}

/** @param now Epoch ms. */
export function stateOf(
  {
    published_at,
    claim,
    received_at,
  }: Pick<MessageRecord, 'published_at' | 'claim' | 'received_at'>,
  now: number,
): MessageState {
  if (published_at !== undefined) return 'published';
  if (claim && claim.until > now) return 'publishing';
  return now - received_at > SWEEP_GRACE_MS ? 'overdue' : 'stored';
}
