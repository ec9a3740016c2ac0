import type { ToNotification } from '../../../lib/messages/notification.ts';
import type { MessageTopic } from '../../../lib/messages/ports.ts';
import type { ArchivedMessage, MessageArchive } from '../../archive/message-archive.ts';
import { MessageNotStored, selectByIds } from '../../archive/message-ids.ts';
import {
  newReplayId,
  type Replay,
  ReplayFailed,
  ReplayTally,
  replayMessages,
} from '../../archive/replay.ts';
import type { ReplayRequest, ReplayResult, ReplayRun } from '../protocol.ts';
import { HttpError, RequestFault } from './responses.ts';
import { Listeners, type ReportFailure } from './watching.ts';

/** The default of the command line: subscribers also carry live messages. */
const PER_SECOND = 50;
/** The number of remembered replays. Each has at most 1,000 ids. */
const MAX_REMEMBERED = 100;

interface ReplaysOptions {
  readonly archive: MessageArchive;
  readonly toNotification: ToNotification;
  readonly topic: MessageTopic;
  readonly reportFailure: ReportFailure;
}

/** A remembered replay. */
interface Remembered {
  readonly id: string;
  readonly at: number;
  /** The number of its messages. */
  readonly count: number;
  readonly tally: ReplayTally;
  /** The ids of the published messages. */
  readonly published: string[];
  isUnderWay: boolean;
  error: string | undefined;
}

/** Publishes messages again, and remembers the last replays. */
export class Replays {
  readonly #options: ReplaysOptions;
  readonly #remembered = new Map<string, Remembered>();
  readonly #listeners = new Listeners<[ReplayRun]>();
  /** Reports each replay when it begins and when it ends. */
  readonly watch = this.#listeners.add;

  constructor(options: ReplaysOptions) {
    this.#options = options;
  }

  /** The ids that a replay published. Nothing if the replay is not known. */
  published(replay: string): readonly string[] | undefined {
    return this.#remembered.get(replay)?.published;
  }

  /** The remembered replays, the latest first. */
  runs(): ReplayRun[] {
    return [...this.#remembered.values()].map(runOf).reverse();
  }

  /**
   * Publishes these messages again, the oldest first. Messages that were never published are left to the
   * sweeper.
   *
   * @param signal Aborts when the console ends.
   * @throws {RequestFault} If one of them is not stored, and then nothing is published. If SNS keeps failing, and then
   * it says how many were published.
   */
  async run(message_ids: ReplayRequest['message_ids'], signal: AbortSignal): Promise<ReplayResult> {
    const messages = await this.#select(message_ids, signal);
    const replay = this.#remember(messages.length);
    const { id, tally, published } = replay;
    const { toNotification, topic } = this.#options;
    const onMessage: Replay['onMessage'] = async ({ message_id }, outcome) => {
      if (outcome === 'published') published.push(message_id);
    };
    try {
      const publishing = { id, messages, toNotification, topic, rate: PER_SECOND };
      await replayMessages({ ...publishing, tally, onMessage, signal });
      return { replay: id, ...tally.counts };
    } catch (error) {
      if (signal.aborted) throw error;
      const fault = this.#faultOf(error, replay);
      replay.error = fault.message;
      throw fault;
    } finally {
      replay.isUnderWay = false;
      this.#listeners.tell(runOf(replay));
    }
  }

  /** Whether a remembered replay has published this message. */
  has(messageId: string): boolean {
    return [...this.#remembered.values()].some(({ published }) => published.includes(messageId));
  }

  async #select(ids: readonly string[], signal: AbortSignal): Promise<ArchivedMessage[]> {
    try {
      return await selectByIds(this.#options.archive, ids, undefined, { signal });
    } catch (error) {
      if (!(error instanceof MessageNotStored)) throw error;
      throw new RequestFault(`${error.message} Nothing was published.`);
    }
  }

  /** The fault as people read it, now or later. */
  #faultOf(error: unknown, { tally, count }: Remembered): HttpError {
    const { counts, uncertain } = tally;
    const done = `${counts.published} of ${count} were published again, the oldest first.`;
    if (error instanceof ReplayFailed) {
      const more = uncertain > 0 ? ` ${uncertain} more may have been.` : '';
      return new RequestFault(`${error.message}. ${done}${more}`);
    }
    // The page that began it may be closed, so nobody may read the answer.
    this.#options.reportFailure('finish a replay', error);
    return new HttpError(500, 'Something failed', `${done} The console’s terminal says more.`);
  }

  #remember(count: number): Remembered {
    const tally = new ReplayTally();
    const begun = { id: newReplayId(), at: Date.now(), count, tally, published: [] };
    const replay: Remembered = { ...begun, isUnderWay: true, error: undefined };
    this.#remembered.set(replay.id, replay);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MAX_REMEMBERED && oldest !== undefined) {
      this.#remembered.delete(oldest);
    }
    this.#listeners.tell(runOf(replay));
    return replay;
  }
}

function runOf({ id, at, count, tally, isUnderWay, error }: Remembered): ReplayRun {
  return {
    ...{ replay: id, at, messages: count, ...tally.counts, isUnderWay },
    ...(error !== undefined && { error }),
  };
}
