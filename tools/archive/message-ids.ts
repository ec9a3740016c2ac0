import type { CallOptions } from './abortable.ts';
import { comparePositions, type Position } from './archive-query.ts';
import type { ArchivedMessage, MessageArchive } from './message-archive.ts';

// People name messages by their ids. A UUID is stored in lower case, any other id as it is.

/** A named message is not stored. */
export class MessageNotStored extends Error {
  override readonly name = 'MessageNotStored';

  /** @param id As it was given. */
  constructor(id: string) {
    super(`There is no message ${id}.`);
  }
}

/** The message with the id that a person typed. */
export async function findMessage(
  archive: Pick<MessageArchive, 'find'>,
  id: string,
  options: CallOptions,
): Promise<ArchivedMessage | undefined> {
  return (await archive.find(id, options)) ?? archive.find(id.toLowerCase(), options);
}

/**
 * The messages with these ids, without duplicates, oldest first.
 *
 * @param after Only messages behind this position.
 * @throws {MessageNotStored} If one of them is not stored.
 */
export async function selectByIds(
  archive: Pick<MessageArchive, 'findAll'>,
  ids: readonly string[],
  after: Position | undefined,
  options: CallOptions,
): Promise<ArchivedMessage[]> {
  const messages = await archive.findAll(
    ids.flatMap((id) => [id, id.toLowerCase()]),
    options,
  );
  const found = new Map(messages.map((message) => [message.message_id, message]));
  const wanted = ids.map((id) => {
    const message = found.get(id) ?? found.get(id.toLowerCase());
    if (!message) throw new MessageNotStored(id);
    return message;
  });
  return [...new Set(wanted)]
    .toSorted(comparePositions)
    .filter((message) => !after || comparePositions(message, after) > 0);
}
