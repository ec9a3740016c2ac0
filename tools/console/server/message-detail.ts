import { markAttribute } from '../../../lib/aws/delivery-marks.ts';
import type { ToNotification } from '../../../lib/messages/notification.ts';
import { type Addressee, deliveryTexts, markOf } from '../../archive/deliveries.ts';
import { type ArchivedMessage, asStored } from '../../archive/message-archive.ts';
import type { QuarantineArchive } from '../../archive/quarantine-archive.ts';
import { sentAt } from '../../shared/lateness.ts';
import type { Attempt, MessageDetail, TimelineEvent } from '../protocol.ts';
import { ATTEMPTS_SPAN_MS, type Attempts, byTime } from './attempts.ts';
import type { Summarise } from './message-summary.ts';
import type { ReportFailure } from './watching.ts';

/** The events of a message without its requests, in any order. */
export type TimelineOf = (messageId: string) => readonly TimelineEvent[];

/** The largest difference between the clocks of the function and of the log. */
const CLOCK_SKEW_MS = 60_000;

/** The limit for kept requests that are searched for those of one message. */
const MAX_REFUSED = 500;

interface DetailReader {
  readonly attempts: Pick<Attempts, 'of' | 'ofRefused'>;
  readonly quarantine: Pick<QuarantineArchive, 'list'>;
  readonly toNotification: ToNotification;
  readonly timelineOf?: TimelineOf;
  readonly subscribers?: readonly Addressee[];
  readonly summarise: Summarise;
  readonly reportFailure: ReportFailure;
}

/** All facts of a message. */
export async function readDetail(
  reader: DetailReader,
  record: ArchivedMessage,
  signal: AbortSignal,
): Promise<MessageDetail> {
  const { toNotification, timelineOf, subscribers, summarise, reportFailure } = reader;
  const { message_id } = record;
  const [[summary], requests] = await Promise.all([
    summarise([record], signal),
    // Empty if the log cannot be read: the stored facts are shown anyway.
    attemptsOf(reader, record, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      reportFailure('read the requests of a message from the logs', error);
      return [];
    }),
  ]);
  const { message, subject, attributes } = toNotification(record);
  return {
    summary: summary as NonNullable<typeof summary>,
    record: storedRecord(record),
    notification: { message, subject, attributes },
    timeline: timelineFrom(record, requests, [
      ...(timelineOf?.(message_id) ?? []),
      ...deliveriesOf(record, subscribers),
    ]),
    hasCalls: timelineOf !== undefined,
  };
}

/** The requests for a message, and those that were refused before it was stored. */
async function attemptsOf(
  { attempts, quarantine }: DetailReader,
  record: ArchivedMessage,
  signal: AbortSignal,
): Promise<Attempt[]> {
  const { message_id, received_at } = record;
  // Attempts may have failed before the message was stored.
  const begun = Math.min(received_at, sentAt(record) ?? received_at) - CLOCK_SKEW_MS;
  const known = [...(await attempts.of(message_id, begun, signal))];
  // The log line of an unreadable form has no message_id, but the kept request has it.
  const kept = quarantine.list(
    { since: received_at - ATTEMPTS_SPAN_MS, until: received_at, isDecidedToo: true },
    { signal },
  );
  let read = 0;
  for await (const entry of kept) {
    if (read++ === MAX_REFUSED) break;
    const { quarantine_id, sent_message_id } = entry;
    const isKnown = known.some((each) => each.quarantine_id === quarantine_id);
    if (sent_message_id !== message_id || entry.reason === 'conflict' || isKnown) continue;
    const times = {
      since: entry.received_at - CLOCK_SKEW_MS,
      until: entry.last_received_at + CLOCK_SKEW_MS,
    };
    known.push(...(await attempts.ofRefused(quarantine_id, times, signal)));
  }
  return known;
}

/** Each delivery mark is a separate attribute. */
function storedRecord({ deliveries = {}, ...record }: ArchivedMessage): MessageDetail['record'] {
  const marks = Object.entries(deliveries).map(([name, mark]) => [markAttribute(name), mark]);
  return { ...asStored(record), ...Object.fromEntries(marks) };
}

function timelineFrom(
  record: ArchivedMessage,
  attempts: readonly Attempt[],
  others: readonly TimelineEvent[],
): TimelineEvent[] {
  const { received_at, published_at } = record;
  const known = [...others, ...attempts.map((each) => ({ kind: 'attempt' as const, ...each }))];
  const recorded: TimelineEvent[] = [];
  if (!known.some(isArrival))
    recorded.push({ kind: 'recorded', at: received_at, what: 'received' });
  if (published_at !== undefined && !known.some(isPublication)) {
    recorded.push({ kind: 'recorded', at: published_at, what: 'published' });
  }
  // Always first, even if the PBX's clock is ahead.
  const sentByPbx = sentAt(record);
  const sent = sentByPbx === undefined ? [] : [{ kind: 'sent' as const, at: sentByPbx }];
  // The sort is stable: within a millisecond, the calls come before the answer of their request.
  return [...sent, ...[...recorded, ...known].sort(byTime)];
}

/** A conflict belongs to another message, and a duplicate may have come much later. */
function isArrival(event: TimelineEvent): boolean {
  if (event.kind === 'call') return event.operation === 'PutItem';
  return event.kind === 'attempt' && !['conflict', 'duplicate'].includes(event.outcome ?? '');
}

function isPublication(event: TimelineEvent): boolean {
  if (event.kind === 'call') {
    const { operation, status, replay } = event;
    return operation.startsWith('Publish') && status === 200 && replay === undefined;
  }
  return event.kind === 'attempt' && event.outcome === 'published';
}

/** The state of each delivery. Empty if the message is not published yet. */
function deliveriesOf(
  record: ArchivedMessage,
  subscribers: readonly Addressee[] = [],
): TimelineEvent[] {
  const { received_at, published_at = received_at, deliveries } = record;
  return deliveryTexts(record, subscribers).flatMap(({ name, state, text }) => {
    if (state === 'unpublished') return [];
    const { delivered_at, replayed_at, dead_at, failed_at } = markOf(name, deliveries) ?? {};
    const marked = { delivered: delivered_at ?? replayed_at, dead: dead_at, failing: failed_at };
    const at = (state in marked && marked[state as keyof typeof marked]) || published_at;
    return [{ kind: 'delivery' as const, at, subscriber: name, state, text }];
  });
}
