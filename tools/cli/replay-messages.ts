import type { ArchiveQuery } from '../archive/archive-query.ts';
import { MessageNotStored, selectByIds } from '../archive/message-ids.ts';
import { type Replay, ReplayFailed, replayMessages } from '../archive/replay.ts';
import { CliError, EXIT } from './cli-error.ts';
import { explainError } from './explain-error.ts';
import type { Output } from './output.ts';
import type { Stack } from './stack.ts';

/** Messages to go through, the oldest first. */
export interface Selection {
  /** Those that are stored when it is made; some may be deleted meanwhile. */
  readonly total: number;
  readonly messages: Replay['messages'];
}

/**
 * The messages with these ids, or without any, those that the query finds. Counting them reads the index,
 * not the messages.
 *
 * @throws {CliError} If one of the ids is not stored.
 */
export async function select(
  stack: Stack,
  output: Output,
  ids: readonly string[],
  query: Omit<ArchiveQuery, 'isPending'>,
): Promise<Selection> {
  const { signal } = output;
  const archive = await stack.archive();
  if (ids.length > 0) {
    const found = selectByIds(archive, ids, query.after, { signal });
    const messages = await found.catch((error: unknown) => {
      if (!(error instanceof MessageNotStored)) throw error;
      throw new CliError(EXIT.notFound, `${error.message} Nothing was done.`);
    });
    return { total: messages.length, messages };
  }
  const ordered = { ...query, order: 'oldest-first' } as const;
  using progress = output.progress('Counting');
  let total = 0;
  for await (const _ of archive.listKeys(ordered, { signal })) {
    progress.update(undefined, String(++total));
  }
  return { total, messages: archive.list(ordered, { signal }) };
}

/**
 * Publishes messages again: see tools/archive/replay.ts.
 *
 * @throws {CliError} If SNS keeps failing.
 */
export async function replayOrExplain(
  replay: Replay,
  stack: Pick<Stack, 'topicArn' | 'isTableOnly'>,
): Promise<void> {
  try {
    await replayMessages(replay);
  } catch (error) {
    if (!(error instanceof ReplayFailed)) throw error;
    const { reason, message } = error;
    if (reason.startsWith('NotFound')) {
      const hint = stack.isTableOnly
        ? 'Check --topic-arn.'
        : 'Was it deleted? Deploy the stack again.';
      throw new CliError(EXIT.notFound, `There is no topic ${stack.topicArn}.`, hint);
    }
    // The topic hands over the names of errors only.
    const named = Object.assign(new Error(`sns:Publish failed (${reason})`), { name: reason });
    throw explainError(named) ?? new CliError(EXIT.failed, message, 'Try again later.');
  }
}
