import type { ArchivedMessage, ArchiveQuery, MessageArchive } from '../lib/message-archive.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';
import type { Progress } from './progress.ts';

/** Messages to go through, the oldest first. */
export interface Selection {
  /** Those that are stored when it is made; some may be deleted meanwhile. */
  readonly total: number;
  readonly messages: AsyncIterable<ArchivedMessage>;
}

/** DynamoDB reads so many ids at once. */
const BATCH = 100;

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
  // A UUID is stored in lower case, any other id as it is.
  const spellings = [...new Set(ids.flatMap((id) => [id, id.toLowerCase()]))];
  const found = new Map<string, ArchivedMessage>();
  for (let first = 0; first < spellings.length; first += BATCH) {
    const portion = await archive.findAll(spellings.slice(first, first + BATCH), { signal });
    for (const message of portion) found.set(message.message_id, message);
  }
  const wanted = ids.map((id) => found.get(id) ?? found.get(id.toLowerCase()) ?? id);
  const missing = wanted.find((message) => typeof message === 'string');
  if (missing !== undefined) {
    throw new CliError(EXIT.notFound, `There is no message ${missing}. Nothing was done.`);
  }
  const messages = [...new Set(wanted)]
    .filter((message) => typeof message !== 'string')
    .toSorted(byTime)
    .filter((message) => !after || byTime(message, after) > 0);
  return { total: messages.length, messages: inOrder(messages) };
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

async function* inOrder(messages: readonly ArchivedMessage[]): AsyncGenerator<ArchivedMessage> {
  yield* messages;
}

function byTime(
  a: Pick<ArchivedMessage, 'received_at' | 'message_id'>,
  b: Pick<ArchivedMessage, 'received_at' | 'message_id'>,
): number {
  if (a.received_at !== b.received_at) return a.received_at - b.received_at;
  return a.message_id < b.message_id ? -1 : Number(a.message_id > b.message_id);
}
