import { randomUUID } from 'node:crypto';
import type { ToNotification } from '../../../lib/messages/notification.ts';
import type { MessageTopic } from '../../../lib/messages/ports.ts';
import type { Addressee } from '../../archive/deliveries.ts';
import type { MessageArchive } from '../../archive/message-archive.ts';
import { findMessage } from '../../archive/message-ids.ts';
import type { QuarantineArchive } from '../../archive/quarantine-archive.ts';
import type { StackInfo } from '../protocol.ts';
import type { StackSetup } from '../stack-protocol.ts';
import type { Attempts } from './attempts.ts';
import { readDetail, type TimelineOf } from './message-detail.ts';
import { allMessages, listMessages, type MessageLister } from './message-list.ts';
import { createSummariser } from './message-summary.ts';
import { MessageWatch } from './message-watch.ts';
import { listRefused, readRefused } from './refused-requests.ts';
import { Replays } from './replays.ts';
import type { ConsoleSource } from './source.ts';
import { type ReportFailure, reportOnStderr } from './watching.ts';

export interface ArchiveSourceOptions {
  readonly info: Omit<StackInfo, 'session' | 'canReplay' | 'activityMs' | 'subscribers'>;
  readonly setup: StackSetup;
  readonly archive: MessageArchive;
  readonly quarantine: QuarantineArchive;
  readonly toNotification: ToNotification;
  readonly attempts: Attempts;
  /** Calls to AWS and deliveries of a message, in any order; absent where nobody knows them. */
  readonly timelineOf?: TimelineOf;
  /** Those of settings.yml. */
  readonly subscribers?: readonly Addressee[];
  /** How often the archive is asked for news while somebody watches, ms. */
  readonly pollMs: number;
  /** Where messages are published again; absent where nothing may be changed. */
  readonly replayTopic?: MessageTopic | undefined;
  readonly reportFailure?: ReportFailure;
}

export interface ArchiveSource extends ConsoleSource {
  /** Something has happened to this message: listeners hear at once, not at the next poll. */
  poke(messageId: string): void;
}

/** The console's facts, out of what is stored and what is known of the requests. */
export function createArchiveSource(options: ArchiveSourceOptions): ArchiveSource {
  const { archive, attempts, toNotification, replayTopic, pollMs } = options;
  const { reportFailure = reportOnStderr, timelineOf, subscribers = [] } = options;
  const info: StackInfo = {
    ...options.info,
    session: randomUUID(),
    canReplay: replayTopic !== undefined,
    activityMs: attempts.spanMs,
    subscribers: subscribers.filter(({ kind }) => kind !== 'queue').map(({ name }) => name),
  };
  const replays =
    replayTopic && new Replays({ archive, toNotification, topic: replayTopic, reportFailure });
  const isReplayed = (messageId: string) =>
    replays?.has(messageId) === true ||
    timelineOf?.(messageId).some((event) => 'replay' in event) === true;
  const summarise = createSummariser({ attempts, reportFailure, isReplayed, subscribers });
  const lister: MessageLister = {
    ...{ archive, attempts, summarise, subscribers, country: info.country },
    replayed: (id) => replays?.published(id),
    isReplayed,
  };
  const watch = new MessageWatch({ archive, summarise, pollMs, reportFailure });
  const refusedReader = {
    ...{ quarantine: options.quarantine, archive, attempts, reportFailure },
    country: info.country,
  };
  return {
    info,
    setup: options.setup,
    export: (query, signal) => allMessages(lister, query, signal),
    async list(query, signal) {
      const page = await listMessages(lister, query, signal);
      watch.note(page.messages);
      return page;
    },
    async detail(messageId, signal) {
      const record = await findMessage(archive, messageId, { signal });
      if (!record) return undefined;
      const detail = await readDetail({ ...options, summarise, reportFailure }, record, signal);
      watch.note([detail.summary]);
      watch.open(detail.summary, record.deliveries);
      return detail;
    },
    attempts: (signal) => attempts.recent(signal),
    refused: (query, signal) => listRefused(refusedReader, query, signal),
    refusedDetail: (id, signal) => readRefused(refusedReader, id, signal),
    watch(listener) {
      const watching = new DisposableStack();
      if (replays) watching.use(replays.watch((run) => listener('replay', run)));
      watching.use(watch.watch((summary) => listener('message', summary)));
      watching.use(
        attempts.watch((attempt) => {
          listener('attempt', attempt);
          const { message_id } = attempt;
          if (message_id === undefined) return;
          listener('timeline', { message_id });
          watch.poke(message_id);
        }),
      );
      return watching;
    },
    replays: () => replays?.runs() ?? [],
    poke: (messageId) => watch.poke(messageId),
    ...(replays && { replay: ({ message_ids }, signal) => replays.run(message_ids, signal) }),
  };
}
