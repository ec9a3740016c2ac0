import type { ToNotification } from '../../../lib/messages/notification.ts';
import type { ArchivedMessage, MessageArchive } from '../../archive/message-archive.ts';
import { findMessage } from '../../archive/message-ids.ts';
import type { Attempt, MessageDetail, NotificationView, TimelineEvent } from '../protocol.ts';
import type { Attempts } from './attempts.ts';
import type { Summarise } from './message-summary.ts';
import type { ReportFailure } from './watching.ts';

/** What happened to a message besides the requests, in any order. */
export type TimelineOf = (messageId: string) => readonly TimelineEvent[];

/** The function's clock and that of the logs may differ by so much. */
const CLOCK_SKEW_MS = 60_000;

interface DetailReader {
  readonly archive: Pick<MessageArchive, 'find'>;
  readonly attempts: Pick<Attempts, 'of'>;
  readonly toNotification: ToNotification;
  readonly timelineOf?: TimelineOf;
  readonly summarise: Summarise;
  readonly reportFailure: ReportFailure;
}

/** @returns Nothing, if there is no such message. */
export async function readDetail(
  reader: DetailReader,
  messageId: string,
  signal: AbortSignal,
): Promise<MessageDetail | undefined> {
  const { archive, toNotification, timelineOf, summarise } = reader;
  const record = await findMessage(archive, messageId, { signal });
  if (!record) return undefined;
  const [summaries, attempts] = await Promise.all([
    summarise([record], signal),
    attemptsOf(record, reader, signal),
  ]);
  const others = timelineOf?.(record.message_id) ?? [];
  return {
    summary: summaries[0] as (typeof summaries)[number],
    record: { ...record },
    notification: viewOf(toNotification(record)),
    timeline: timelineFrom(record, attempts, others),
    hasCalls: timelineOf !== undefined,
  };
}

/** None, if the logs cannot be read: what is stored can be shown all the same. */
async function attemptsOf(
  { message_id, received_at }: ArchivedMessage,
  { attempts, reportFailure }: DetailReader,
  signal: AbortSignal,
): Promise<readonly Attempt[]> {
  return attempts.of(message_id, received_at - CLOCK_SKEW_MS, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    reportFailure('read the requests of a message from the logs', error);
    return [];
  });
}

function timelineFrom(
  record: ArchivedMessage,
  attempts: readonly Attempt[],
  others: readonly TimelineEvent[],
): TimelineEvent[] {
  const { received_at, published_at } = record;
  const known: TimelineEvent[] = [
    ...others,
    ...attempts.map((attempt) => ({ kind: 'attempt' as const, ...attempt })),
  ];
  const recorded: TimelineEvent[] = [
    ...(known.some(isArrival)
      ? []
      : [{ kind: 'recorded', at: received_at, what: 'received' } as const]),
    ...(published_at === undefined || known.some(isPublication)
      ? []
      : [{ kind: 'recorded', at: published_at, what: 'published' } as const]),
  ];
  // A stable sort: of one millisecond, a request is answered after the calls behind it.
  return [...recorded, ...known].sort((a, b) => a.at - b.at);
}

/** A conflict is about another message, and a duplicate may have come much later. */
function isArrival(event: TimelineEvent): boolean {
  if (event.kind === 'call') return event.operation === 'PutItem';
  return event.kind === 'attempt' && !['conflict', 'duplicate'].includes(event.outcome ?? '');
}

function isPublication(event: TimelineEvent): boolean {
  if (event.kind === 'call') return event.operation.startsWith('Publish') && event.status === 200;
  return event.kind === 'attempt' && event.outcome === 'published';
}

function viewOf({ message, subject, attributes }: NotificationView): NotificationView {
  return { message, subject, attributes };
}
