import type { MessagePage, MessageSummary } from '../../protocol.ts';

/** A message's place in the list. */
export type Place = Pick<MessageSummary, 'received_at' | 'message_id'>;

/** Newest first. Messages of one millisecond are in the order of their ids, as on the server. */
export function compareNewestFirst(a: Place, b: Place): number {
  if (a.received_at !== b.received_at) return b.received_at - a.received_at;
  return a.message_id > b.message_id ? -1 : Number(a.message_id < b.message_id);
}

/** The number of messages that are newer than this place. */
export function countNewer(messages: readonly Place[], place: Place): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareNewestFirst(messages[middle] as Place, place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The messages next to a place in the list, which may itself not be in it. */
export function besides<Message extends Place>(
  messages: readonly Message[],
  place: Place,
): { readonly newer: Message | undefined; readonly older: Message | undefined } {
  const at = countNewer(messages, place);
  const isThere = messages[at]?.message_id === place.message_id;
  return { newer: messages[at - 1], older: messages[isThere ? at + 1 : at] };
}

/**
 * The number of rows by which the visible messages have moved.
 *
 * @param top The first visible row of the earlier list.
 */
export function rowsMoved(before: readonly Place[], after: readonly Place[], top: number): number {
  const anchor = before[top];
  return anchor ? countNewer(after, anchor) - top : 0;
}

/**
 * The place in a list that a key leads to.
 *
 * @param place The current place; -1 before the first key.
 * @param pageSize Rows that are visible at once.
 * @returns Undefined if the key leads nowhere.
 */
export function placeAfterKey(
  key: string,
  place: number,
  { count, pageSize }: { readonly count: number; readonly pageSize: number },
): number | undefined {
  const to = {
    ArrowDown: place + 1,
    ArrowUp: place - 1,
    PageDown: Math.max(0, place) + pageSize,
    PageUp: place - pageSize,
    Home: 0,
    End: count - 1,
  }[key];
  if (to === undefined || count === 0) return undefined;
  return Math.max(0, Math.min(count - 1, to));
}

interface Changes {
  /** Of several messages with one id, the last one counts. */
  readonly changed: readonly MessageSummary[];
  readonly matches: (message: MessageSummary) => boolean;
  /** Messages from before this time come with their page, epoch ms. */
  readonly floor?: number;
}

/** The list after changes: messages arrive, change, or no longer match. */
export function withChanges(
  messages: readonly MessageSummary[],
  { changed, matches, floor = Number.NEGATIVE_INFINITY }: Changes,
): readonly MessageSummary[] {
  const latest = new Map(changed.map((message) => [message.message_id, message]));
  const coming = [...latest.values()].filter(
    (message) => message.received_at >= floor && matches(message),
  );
  const staying = messages.filter(({ message_id }) => !latest.has(message_id));
  return mergeSorted(staying, coming.sort(compareNewestFirst));
}

/** A list with an older page, which may overlap with it. */
export function withOlder(
  messages: readonly MessageSummary[],
  older: readonly MessageSummary[],
): readonly MessageSummary[] {
  const known = idsOf(messages);
  return mergeSorted(
    messages,
    older.filter(({ message_id }) => !known.has(message_id)),
  );
}

/** A message may be stored and not be in the index yet, or the clocks differ. */
const SETTLED_MS = 10_000;

/**
 * The list with its newest page, loaded again after some time. A message within the page's range
 * that is not in the page was deleted or no longer matches.
 *
 * @returns Undefined if the list and the page have no message in common. There may be a gap
 * between them, or the server has lost its messages. The page is then the new list.
 */
export function withNewest(
  messages: readonly MessageSummary[],
  page: MessagePage,
  now: number,
): readonly MessageSummary[] | undefined {
  const inPage = idsOf(page.messages);
  if (!messages.some(({ message_id }) => inPage.has(message_id))) return undefined;
  const floor = floorOf(page);
  const kept = messages.filter(
    ({ message_id, received_at }) =>
      !inPage.has(message_id) && (received_at <= floor || received_at > now - SETTLED_MS),
  );
  return mergeSorted(kept, page.messages);
}

/** The newest of a list, as a page after which the others are asked for again. */
export function newestOf(messages: readonly MessageSummary[], count: number): MessagePage {
  const kept = messages.slice(0, count);
  const last = kept.at(-1);
  return { messages: kept, ...(last && { next: `${last.received_at}/${last.message_id}` }) };
}

/** The time from which a list is complete, epoch ms. */
export function floorOf({ messages, next, searchedTo }: MessagePage): number {
  if (next === undefined) return Number.NEGATIVE_INFINITY;
  return searchedTo ?? messages.at(-1)?.received_at ?? Number.POSITIVE_INFINITY;
}

/** The messages of one day, newest first. */
interface Day {
  /** Of its newest message, epoch ms. */
  readonly at: number;
  readonly messages: readonly MessageSummary[];
}

/** Messages by the day of their receipt, in this browser's time zone. */
export function daysOf(messages: readonly MessageSummary[]): Day[] {
  const days = Map.groupBy(messages, (message) => new Date(message.received_at).toDateString());
  return [...days.values()].map((ofDay) => ({ at: ofDay[0]?.received_at ?? 0, messages: ofDay }));
}

function idsOf(messages: readonly MessageSummary[]): Set<string> {
  return new Set(messages.map(({ message_id }) => message_id));
}

function mergeSorted(
  a: readonly MessageSummary[],
  b: readonly MessageSummary[],
): readonly MessageSummary[] {
  const [newestOfB] = b;
  const oldestOfA = a.at(-1);
  if (!newestOfB) return a;
  if (!oldestOfA || compareNewestFirst(oldestOfA, newestOfB) < 0) return [...a, ...b];
  const merged: MessageSummary[] = [];
  let next = 0;
  for (const message of a) {
    for (let other = b[next]; other && compareNewestFirst(other, message) < 0; other = b[next]) {
      merged.push(other);
      next++;
    }
    merged.push(message);
  }
  return [...merged, ...b.slice(next)];
}
