import type { QuarantineEntry } from '../../lib/messages/quarantine.ts';
import type { MessageArchive } from './message-archive.ts';

/**
 * An entry's state:
 * - `waiting`: nobody has decided yet.
 * - `cut`: the same, but it can only be discarded.
 * - `delivered since`: the PBX has delivered the message since.
 * - `begun`: somebody has begun to accept it.
 */
export type EntryState = 'waiting' | 'cut' | 'delivered since' | 'begun' | 'accepted' | 'discarded';

/** An entry and its state. */
export interface ListedEntry {
  readonly entry: QuarantineEntry;
  readonly state: EntryState;
}

/** Finds the entries that the PBX has delivered since. */
export async function withStates(
  entries: readonly QuarantineEntry[],
  archive: Pick<MessageArchive, 'findAll'>,
  signal: AbortSignal,
): Promise<ListedEntry[]> {
  const ids = entries.flatMap((entry) => (isMessage(entry) ? (entry.sent_message_id ?? []) : []));
  const stored = await archive.findAll(ids, { signal });
  const fingerprints = new Map(stored.map((each) => [each.message_id, each.fingerprint]));
  return entries.map((entry) => {
    const { sent_message_id: id, fingerprint } = entry;
    const isStored = id !== undefined && isMessage(entry) && fingerprints.get(id) === fingerprint;
    return { entry, state: stateOf(entry, isStored) };
  });
}

/** Whether the request was readable as a message. */
function isMessage({ fingerprint }: QuarantineEntry): boolean {
  return fingerprint !== undefined;
}

function stateOf(entry: QuarantineEntry, isStored: boolean): EntryState {
  if (entry.accepted_at !== undefined) return 'accepted';
  if (entry.discarded_at !== undefined) return 'discarded';
  if (entry.acceptance) return 'begun';
  if (isStored) return 'delivered since';
  return entry.is_cut ? 'cut' : 'waiting';
}
