import type { MessageArchive } from '../archive/message-archive.ts';
import type { StrictNumberMatcher } from '../shared/phone-number.ts';
import type { Progress } from './progress.ts';

/** Messages of one spelling. Times are epoch ms. */
interface SpellingMessages {
  messages: number;
  readonly first_received_at: number;
  last_received_at: number;
}

/** By the sender as it is stored. */
type Spellings = ReadonlyMap<string, Readonly<SpellingMessages>>;

/** What is stored of a sender. Memory grows with the messages of that one, not with all. */
export interface SenderMessages {
  readonly ids: readonly string[];
  readonly spellings: Spellings;
  /** Those that may be of that sender or of another one. Their ids are not among the others. */
  readonly doubtful: Spellings;
}

/** Reads the whole index: which spellings of a number are stored, nobody knows before. */
export async function findOfSenders(
  archive: MessageArchive,
  likenessOf: StrictNumberMatcher,
  progress: Progress,
  signal: AbortSignal,
): Promise<SenderMessages> {
  const ids: string[] = [];
  const spellings = new Map<string, SpellingMessages>();
  const doubtful = new Map<string, SpellingMessages>();
  let read = 0;
  for await (const key of archive.listKeys({ order: 'oldest-first' }, { signal })) {
    progress.update(undefined, `${ids.length} of ${++read}`);
    const { from, message_id, received_at } = key;
    const likeness = likenessOf(from);
    if (likeness === 'other') continue;
    if (likeness === 'same') ids.push(message_id);
    count(likeness === 'same' ? spellings : doubtful, from, received_at);
  }
  return { ids, spellings, doubtful };
}

function count(spellings: Map<string, SpellingMessages>, from: string, received_at: number): void {
  const spelling = spellings.get(from) ?? {
    messages: 0,
    first_received_at: received_at,
    last_received_at: received_at,
  };
  spelling.messages++;
  spelling.last_received_at = received_at;
  spellings.set(from, spelling);
}
