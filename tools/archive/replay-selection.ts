import type { CallOptions } from './abortable.ts';
import { comparePositions, type Position } from './archive-position.ts';
import type { ArchivedMessage, MessageArchive } from './message-archive.ts';

/** DynamoDB reads so many ids at once. */
const BATCH = 100;

/** One of the messages that were named is not stored. */
export class MessageNotStored extends Error {
  override readonly name = 'MessageNotStored';

  /** @param id As it was given. */
  constructor(id: string) {
    super(`There is no message ${id}.`);
  }
}

/**
 * The messages with these ids, each once, the oldest first.
 *
 * @param after Only those that follow this one.
 * @throws {MessageNotStored} If one of them is not stored.
 */
export async function selectByIds(
  archive: Pick<MessageArchive, 'findAll'>,
  ids: readonly string[],
  after: Position | undefined,
  options: CallOptions,
): Promise<ArchivedMessage[]> {
  // A UUID is stored in lower case, any other id as it is.
  const spellings = [...new Set(ids.flatMap((id) => [id, id.toLowerCase()]))];
  const found = new Map<string, ArchivedMessage>();
  for (let first = 0; first < spellings.length; first += BATCH) {
    const portion = await archive.findAll(spellings.slice(first, first + BATCH), options);
    for (const message of portion) found.set(message.message_id, message);
  }
  const wanted = ids.map((id) => {
    const message = found.get(id) ?? found.get(id.toLowerCase());
    if (!message) throw new MessageNotStored(id);
    return message;
  });
  return [...new Set(wanted)]
    .toSorted(comparePositions)
    .filter((message) => !after || comparePositions(message, after) > 0);
}
