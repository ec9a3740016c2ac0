import type { MessageArchive } from '../archive/message-archive.ts';
import type { Progress } from './progress.ts';

/** What is stored of a sender. Memory grows with the messages of that one, not with all. */
export interface SenderMessages {
  readonly ids: readonly string[];
  /** By the sender as it is stored. Times are epoch ms. */
  readonly spellings: ReadonlyMap<
    string,
    {
      readonly messages: number;
      readonly first_received_at: number;
      readonly last_received_at: number;
    }
  >;
}

/** Reads the whole index: which spellings of a number are stored, nobody knows before. */
export async function findOfSenders(
  archive: MessageArchive,
  isWanted: (from: string) => boolean,
  progress: Progress,
  signal: AbortSignal,
): Promise<SenderMessages> {
  const ids: string[] = [];
  const spellings = new Map<
    string,
    { messages: number; first_received_at: number; last_received_at: number }
  >();
  let read = 0;
  for await (const key of archive.listKeys({ order: 'oldest-first' }, { signal })) {
    progress.update(undefined, `${ids.length} of ${++read}`);
    const { from, message_id, received_at } = key;
    if (!isWanted(from)) continue;
    ids.push(message_id);
    const spelling = spellings.get(from) ?? {
      messages: 0,
      first_received_at: received_at,
      last_received_at: received_at,
    };
    spelling.messages++;
    spelling.last_received_at = received_at;
    spellings.set(from, spelling);
  }
  return { ids, spellings };
}
