import { signal } from '@preact/signals';
import type { MessageSummary, ReplayResult } from '../../protocol.ts';
import { plural } from '../ui/format.ts';

type Identified = Pick<MessageSummary, 'message_id'>;

/** The ids of the messages that are chosen for a replay: each of them is in the list. */
export const selection = signal<ReadonlySet<string>>(new Set());

/** Where a range begins that ends with shift and click. */
let lastToggled: string | undefined;

export function toggleSelected({ message_id }: Identified): void {
  const ids = new Set(selection.peek());
  if (!ids.delete(message_id)) ids.add(message_id);
  lastToggled = message_id;
  selection.value = ids;
}

/** Everything from the one that was chosen or let go last to this one; this one, if there is none. */
export function selectTo(message: Identified, messages: readonly Identified[]): void {
  const ends = [lastToggled, message.message_id].map((id) =>
    messages.findIndex(({ message_id }) => message_id === id),
  );
  if (ends.includes(-1)) {
    toggleSelected(message);
    return;
  }
  select(messages.slice(Math.min(...ends), Math.max(...ends) + 1));
  lastToggled = message.message_id;
}

export function select(messages: readonly Identified[]): void {
  selection.value = new Set([...selection.peek(), ...messages.map(({ message_id }) => message_id)]);
}

export function clearSelection(): void {
  lastToggled = undefined;
  selection.value = new Set();
}

/** Lets go what is not in the list any more: nobody would see what is replayed. */
export function keepSelected(messages: readonly Identified[]): void {
  const ids = selection.peek();
  if (ids.size === 0) return;
  const kept = messages.filter(({ message_id }) => ids.has(message_id));
  if (kept.length < ids.size) selection.value = new Set(kept.map(({ message_id }) => message_id));
}

/** Lets go some messages, such as those that have been replayed. */
export function deselect(messages: readonly Identified[]): void {
  const ids = new Set(selection.peek());
  for (const { message_id } of messages) ids.delete(message_id);
  selection.value = ids;
}

/** The messages that the dialog asks about. They stay the same, whatever comes in meanwhile. */
export const asked = signal<readonly MessageSummary[] | undefined>(undefined);

/** What became of a replay, in a sentence each. */
export function replayText({ published, pending, refused }: ReplayResult): string {
  const sentences = [
    published > 0 && `${plural(published, 'message')} published again.`,
    pending > 0 &&
      `${plural(pending, 'message')} not published yet: left to the sweeper, which publishes each once.`,
    refused > 0 && `${plural(refused, 'message')} refused by SNS.`,
  ];
  return sentences.filter(Boolean).join(' ') || 'There was nothing to publish.';
}
