import type { ArchiveQuery } from '../archive/archive-query.ts';
import type { MessageArchive } from '../archive/message-archive.ts';
import { MessageNotStored, selectByIds } from '../archive/message-ids.ts';
import type { Replay } from '../archive/replay.ts';
import { CliError, EXIT } from './cli-error.ts';
import type { Progress } from './progress.ts';

/** Messages to go through, the oldest first. */
export interface Selection {
  /** Those that are stored when it is made; some may be deleted meanwhile. */
  readonly total: number;
  readonly messages: Replay['messages'];
}

type Query = Pick<ArchiveQuery, 'since' | 'until' | 'from' | 'sms_number' | 'after'>;

/**
 * The messages with these ids.
 *
 * @throws {CliError} If one of them is not stored.
 */
export async function selectIds(
  archive: MessageArchive,
  ids: readonly string[],
  after: ArchiveQuery['after'],
  signal: AbortSignal,
): Promise<Selection> {
  const messages = await selectByIds(archive, ids, after, { signal }).catch((error: unknown) => {
    if (!(error instanceof MessageNotStored)) throw error;
    throw new CliError(EXIT.notFound, `${error.message} Nothing was done.`);
  });
  return { total: messages.length, messages };
}

/** The messages that a query finds. Counting them reads the index, not the messages. */
export async function selectRange(
  archive: MessageArchive,
  query: Query,
  progress: Progress,
  signal: AbortSignal,
): Promise<Selection> {
  const ordered = { ...query, order: 'oldest-first' } as const;
  let total = 0;
  for await (const _ of archive.listKeys(ordered, { signal })) {
    total++;
    progress.update(undefined, String(total));
  }
  return { total, messages: archive.list(ordered, { signal }) };
}
