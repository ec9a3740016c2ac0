import type { ToNotification } from '../../../lib/messages/notification.ts';
import type { MessageTopic } from '../../../lib/messages/ports.ts';
import type { MessageArchive } from '../../archive/message-archive.ts';
import { MessageNotStored, selectByIds } from '../../archive/message-ids.ts';
import { newReplayId, ReplayFailed, ReplayTally, replayMessages } from '../../archive/replay.ts';
import type { ReplayRequest, ReplayResult } from '../protocol.ts';
import { RequestFault } from './responses.ts';

/** As the command line's default: subscribers have live messages to carry as well. */
const PER_SECOND = 50;

interface Replayer {
  readonly archive: MessageArchive;
  readonly toNotification: ToNotification;
  readonly topic: MessageTopic;
}

/**
 * Publishes these messages again, the oldest first. Messages that were never published are left to the
 * sweeper.
 *
 * @throws {RequestFault} If one of them is not stored: then nothing is published. If SNS keeps failing:
 * then it says how many were.
 */
export async function replayByIds(
  { archive, toNotification, topic }: Replayer,
  { message_ids }: ReplayRequest,
  signal: AbortSignal,
): Promise<ReplayResult> {
  const messages = await selectByIds(archive, message_ids, undefined, { signal }).catch(
    (error: unknown) => {
      if (!(error instanceof MessageNotStored)) throw error;
      throw new RequestFault(`${error.message} Nothing was published.`);
    },
  );
  const tally = new ReplayTally();
  const id = newReplayId();
  try {
    await replayMessages({
      id,
      messages,
      toNotification,
      topic,
      rate: PER_SECOND,
      tally,
      onMessage: async () => {},
      signal,
    });
  } catch (error) {
    if (!(error instanceof ReplayFailed)) throw error;
    const done = `${tally.counts.published} of ${messages.length} were published again, the oldest first.`;
    const uncertain = `${tally.uncertain} more may have been.`;
    throw new RequestFault(`${error.message}. ${done} ${uncertain}`);
  }
  return { replay: id, ...tally.counts };
}
