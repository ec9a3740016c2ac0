import type { ToNotification } from '../../../lib/messages/notification.ts';
import type { MessageTopic } from '../../../lib/messages/ports.ts';
import type { MessageArchive } from '../../archive/message-archive.ts';
import { MessageNotStored, selectByIds } from '../../archive/message-ids.ts';
import {
  newReplayId,
  type Replay,
  ReplayFailed,
  ReplayTally,
  replayMessages,
} from '../../archive/replay.ts';
import type { ReplayRequest, ReplayResult } from '../protocol.ts';
import { RequestFault } from './responses.ts';

/** The default of the command line: subscribers also carry live messages. */
const PER_SECOND = 50;
/** The number of remembered replays. Each has at most 1,000 ids. */
const MAX_REMEMBERED = 100;

interface ReplaysOptions {
  readonly archive: MessageArchive;
  readonly toNotification: ToNotification;
  readonly topic: MessageTopic;
}

/** Publishes messages again, and remembers the ids of the last replays. */
export class Replays {
  readonly #options: ReplaysOptions;
  readonly #published = new Map<string, string[]>();

  constructor(options: ReplaysOptions) {
    this.#options = options;
  }

  /** The ids that a replay published. Nothing if the replay is not known. */
  published(replay: string): readonly string[] | undefined {
    return this.#published.get(replay);
  }

  /**
   * Publishes these messages again, the oldest first. Messages that were never published are left to the
   * sweeper.
   *
   * @throws {RequestFault} If one of them is not stored, and then nothing is published. If SNS keeps failing, and then
   * it says how many were published.
   */
  async run(message_ids: ReplayRequest['message_ids'], signal: AbortSignal): Promise<ReplayResult> {
    const { archive, ...publishing } = this.#options;
    const id = newReplayId();
    const tally = new ReplayTally();
    const published = this.#remember(id);
    const onMessage: Replay['onMessage'] = async ({ message_id }, outcome) => {
      if (outcome === 'published') published.push(message_id);
    };
    let count = 0;
    try {
      const messages = await selectByIds(archive, message_ids, undefined, { signal });
      count = messages.length;
      const replay = { ...publishing, id, messages, rate: PER_SECOND, tally };
      await replayMessages({ ...replay, onMessage, signal });
      return { replay: id, ...tally.counts };
    } catch (error) {
      if (error instanceof MessageNotStored) {
        throw new RequestFault(`${error.message} Nothing was published.`);
      }
      if (!(error instanceof ReplayFailed)) throw error;
      const done = `${tally.counts.published} of ${count} were published again, the oldest first.`;
      const uncertain = tally.uncertain > 0 ? ` ${tally.uncertain} more may have been.` : '';
      throw new RequestFault(`${error.message}. ${done}${uncertain}`);
    }
  }

  /** Whether a remembered replay has published this message. */
  has(messageId: string): boolean {
    return [...this.#published.values()].some((ids) => ids.includes(messageId));
  }

  #remember(replay: string): string[] {
    const ids: string[] = [];
    this.#published.set(replay, ids);
    const [oldest] = this.#published.keys();
    if (this.#published.size > MAX_REMEMBERED && oldest !== undefined) {
      this.#published.delete(oldest);
    }
    return ids;
  }
}
