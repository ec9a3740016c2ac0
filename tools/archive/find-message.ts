import type { CallOptions } from './abortable.ts';
import type { ArchivedMessage, MessageArchive } from './message-archive.ts';

/** The message with this id, as a person may have it: a UUID is stored in lower case, any other id as it is. */
export async function findMessage(
  archive: Pick<MessageArchive, 'find'>,
  id: string,
  options: CallOptions,
): Promise<ArchivedMessage | undefined> {
  return (await archive.find(id, options)) ?? archive.find(id.toLowerCase(), options);
}
