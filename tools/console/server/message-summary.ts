import type { MessageRecord } from '../../../lib/messages/message-record.ts';
import { SWEEP_GRACE_MS } from '../../../lib/messages/sweep.ts';
import { type Addressee, deliveryTexts } from '../../archive/deliveries.ts';
import type { ArchivedMessage } from '../../archive/message-archive.ts';
import type { MessageState, MessageSummary } from '../protocol.ts';
import type { Attempts } from './attempts.ts';
import type { ReportFailure } from './watching.ts';

/** What a list shows of records, in their order. */
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

/** If the logs cannot be read, summaries have no conflicts, and the failure is reported once. */
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
      const undelivered = undeliveredOf(record, subscribers);
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

/** The subscribers to which the delivery of a message fails or was given up. */
export function undeliveredOf(
  record: ArchivedMessage,
  subscribers: readonly Addressee[],
): string[] {
  if (record.deliveries === undefined) return [];
  return deliveryTexts(record, subscribers).flatMap(({ name, state }) =>
    state === 'failing' || state === 'dead' ? [name] : [],
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
