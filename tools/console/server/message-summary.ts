import type { MessageRecord } from '../../../lib/messages/message-record.ts';
import { SWEEP_GRACE_MS } from '../../../lib/messages/sweep.ts';
import { type Addressee, type DeliveryText, deliveryTexts } from '../../archive/deliveries.ts';
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
      const lacking = undeliveredOf(record, subscribers, now);
      const undelivered = lacking.filter(({ state }) => state !== 'waiting');
      const waiting = lacking.filter(({ state }) => state === 'waiting');
      return {
        ...summaryOf(record, conflicts.get(record.message_id) ?? 0, now),
        ...(wasReplayed(record, isReplayed) && { isReplayed: true as const }),
        ...(undelivered.length > 0 && { undelivered: undelivered.map(({ name }) => name) }),
        ...(waiting.length > 0 && { waiting: waiting.map(({ name }) => name) }),
      };
    });
  };
}

/** Whether a message was published again, by its marks or as far as the console has seen it. */
export function wasReplayed(
  { message_id, deliveries = {} }: Pick<ArchivedMessage, 'message_id' | 'deliveries'>,
  isReplayed: (messageId: string) => boolean,
): boolean {
  const marks = Object.values(deliveries);
  return marks.some(({ replayed_at }) => replayed_at !== undefined) || isReplayed(message_id);
}

/** The deliveries that subscribers lack, as for `list --undelivered`. */
export function undeliveredOf(
  record: ArchivedMessage,
  subscribers: readonly Addressee[],
  now = Date.now(),
): DeliveryText[] {
  // A mark may be of an earlier subscriber of this name.
  const later = subscribers.filter((each) => each.addressing(record) === 'before-it');
  return deliveryTexts(record, subscribers, now).filter(
    ({ name, state }) =>
      /^(waiting|failing|dead)$/.test(state) && later.every((each) => each.name !== name),
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
