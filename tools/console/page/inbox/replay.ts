import { signal } from '@preact/signals';
import type { MessageSummary, ReplayResult, ReplayRun } from '../../protocol.ts';
import { plural, shortTime } from '../ui/format.ts';

type Identified = Pick<MessageSummary, 'message_id'>;

/** The ids of the messages that are selected for a replay. Each is in the list. */
export const selection = signal<ReadonlySet<string>>(new Set());

/** The start of a range that shift and click end. */
let lastToggled: string | undefined;

export function toggleSelected({ message_id }: Identified): void {
  const ids = new Set(selection.peek());
  if (!ids.delete(message_id)) ids.add(message_id);
  lastToggled = message_id;
  selection.value = ids;
}

/** All messages from the last toggled one to this one, or only this one. */
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

/** Deselects messages that are no longer in the list, so that nothing invisible is replayed. */
export function keepSelected(messages: readonly Identified[]): void {
  const ids = selection.peek();
  if (ids.size === 0) return;
  const kept = messages.filter(({ message_id }) => ids.has(message_id));
  if (kept.length < ids.size) selection.value = new Set(kept.map(({ message_id }) => message_id));
}

/** Deselects some messages, such as replayed ones. */
export function deselect(messages: readonly Identified[]): void {
  const ids = new Set(selection.peek());
  for (const { message_id } of messages) ids.delete(message_id);
  selection.value = ids;
}

/** The messages of the dialog. New messages do not change them. */
export const asked = signal<readonly MessageSummary[] | undefined>(undefined);

/** The result of a replay, in one sentence for each outcome. */
export function replayText({ published, pending, refused }: ReplayResult): string {
  const sentences = [
    published > 0 && `${plural(published, 'message')} published again.`,
    pending > 0 &&
      `${plural(pending, 'message')} not published yet: the sweeper publishes each once.`,
    refused > 0 && `${plural(refused, 'message')} refused by SNS.`,
  ];
  return sentences.filter(Boolean).join(' ') || 'No message was published.';
}

/** Takes in replays that have begun or ended. */
export function withRuns(
  known: readonly ReplayRun[],
  news: readonly ReplayRun[],
): readonly ReplayRun[] {
  const latest = new Map(news.map((run) => [run.replay, run]));
  const changed = known.map((run) => latest.get(run.replay) ?? run);
  for (const { replay } of known) latest.delete(replay);
  return [...[...latest.values()].reverse(), ...changed];
}

/** `17:38:05, 40 messages, under way` */
export function runText({ at, messages, isUnderWay, error }: ReplayRun, now: number): string {
  const state = isUnderWay ? ', under way' : error === undefined ? '' : ', ended early';
  return `${shortTime(at, now)}, ${plural(messages, 'message')}${state}`;
}
