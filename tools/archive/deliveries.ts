import type { DeliveryMark, DeliveryMarks } from '../../lib/forwarding/delivery-mark.ts';
import type { Kind } from '../shared/subscriber-outputs.ts';
import type { ArchivedMessage } from './message-archive.ts';

/** What the topic does with a published message for a subscriber. `unknown`: its filter cannot be read. */
export type Addressing = 'for-it' | 'filtered' | 'before-it' | 'unknown';

/** A subscriber that can tell which messages are for it. */
export interface Addressee {
  readonly name: string;
  readonly kind: Kind;
  addressing(message: ArchivedMessage): Addressing;
}

export type DeliveryState =
  | 'delivered'
  /** Attempts have failed, and the forwarder will try again. */
  | 'failing'
  /** Given up. It is or was in the dead-letter queue. */
  | 'dead'
  /** No attempt is known yet. */
  | 'waiting'
  /** A queue of the kind `queue` has it. The service does not know what its readers do. */
  | 'handed-over'
  | 'not-for-it'
  | 'unpublished'
  | 'unknown';

/** A message's delivery to one subscriber, in words: `crm`, `500 three times, delivered 4 minutes later`. */
export interface DeliveryText {
  readonly name: string;
  readonly state: DeliveryState;
  readonly text: string;
  /** Reason of the latest marked failure, while it is not delivered: `500`, `timeout`. */
  readonly reason?: string;
}

/**
 * A message's delivery to each subscriber: first the deployed ones, in their order, then those that only
 * have a mark on the record.
 *
 * @param now Epoch ms.
 */
export function deliveryTexts(
  message: ArchivedMessage,
  subscribers: readonly Addressee[],
  now = Date.now(),
): DeliveryText[] {
  const removed = Object.entries(message.deliveries ?? {}).filter(([name]) =>
    subscribers.every((subscriber) => subscriber.name !== name),
  );
  return [
    ...subscribers.map((subscriber) => deliveryText(message, subscriber, now)),
    ...removed.map(([name, mark]) => ({ name, ...markedText(message, mark, now) })),
  ];
}

/** A message's delivery to one subscriber. A mark overrides a filter, because the filter may have changed. */
export function deliveryText(
  message: ArchivedMessage,
  subscriber: Addressee,
  now = Date.now(),
): DeliveryText {
  const mark = markOf(subscriber.name, message.deliveries);
  const isMarked = mark !== undefined && subscriber.kind !== 'queue';
  return {
    name: subscriber.name,
    ...(isMarked ? markedText(message, mark, now) : unmarkedText(message, subscriber)),
  };
}

/** A subscriber's mark. Its name may be `constructor`. */
export function markOf(name: string, marks: DeliveryMarks = {}): DeliveryMark | undefined {
  return Object.hasOwn(marks, name) ? marks[name] : undefined;
}

type Text = Omit<DeliveryText, 'name'>;

function unmarkedText(message: ArchivedMessage, subscriber: Addressee): Text {
  if (message.published_at === undefined) {
    return { state: 'unpublished', text: 'not published yet' };
  }
  switch (subscriber.addressing(message)) {
    case 'filtered':
      return { state: 'not-for-it', text: 'not for it (filter)' };
    case 'before-it':
      return { state: 'not-for-it', text: 'not for it (published before it subscribed)' };
    case 'unknown':
      return { state: 'unknown', text: 'no delivery marked, and its filter cannot be read' };
    case 'for-it':
      return subscriber.kind === 'queue'
        ? { state: 'handed-over', text: 'handed to SNS' }
        : { state: 'waiting', text: 'waiting' };
  }
}

/** How long a dead-letter queue keeps a message. It counts from publishing. */
const KEPT_MS = 14 * 86_400_000;

function markedText(message: ArchivedMessage, mark: DeliveryMark, now: number): Text {
  const { delivered_at, attempts, reason = 'failed' } = mark;
  const published = message.published_at ?? message.received_at;
  if (delivered_at !== undefined) {
    const later = replayedLater(mark, delivered_at);
    const replay = later ? `, a replay delivered ${durationText(later)} later` : '';
    const text = firstDelivery(mark, delivered_at, published) + replay + failedReplay(mark);
    return { state: 'delivered', text };
  }
  if (mark.dead_at !== undefined) {
    const isKept = now - published < KEPT_MS;
    const where = isKept ? 'in the dead-letter queue' : 'no longer in the dead-letter queue';
    const text = `given up after ${countText(attempts, 'attempt')} (${reason}), ${where}`;
    return { state: 'dead', text, reason };
  }
  if (mark.failed_at !== undefined) {
    return { state: 'failing', text: `failing (${reason})${orMoreText(attempts)}`, reason };
  }
  return { state: 'waiting', text: 'waiting' };
}

function firstDelivery(mark: DeliveryMark, delivered: number, published: number): string {
  const { attempts, failed_at, dead_at, reason = 'failed' } = mark;
  if (dead_at !== undefined) {
    const later = durationText(delivered - dead_at);
    const isReplay = replayedLater(mark, delivered) === 0;
    return `given up (${reason}), ${isReplay ? 'a replay' : 'redriven and'} delivered ${later} later`;
  }
  if (failed_at !== undefined && attempts > 1) {
    const later = durationText(delivered - failed_at);
    return `${reason} ${timesText(attempts - 1)}, delivered ${later} later`;
  }
  return `delivered after ${durationText(delivered - published)}`;
}

/** The latest replay's failure, if it was not delivered. */
function failedReplay(mark: DeliveryMark): string {
  const { replay_failed_at, replay_dead_at, replay_attempts = 1, replay_reason = 'failed' } = mark;
  if (replay_failed_at === undefined) return '';
  if (replay_dead_at !== undefined) return `; a replay was given up (${replay_reason})`;
  return `; a replay failed (${replay_reason}${orMoreText(replay_attempts)})`;
}

/**
 * The time from the first delivery to the replay's, ms. 0 if the replay was the first delivery, `undefined`
 * if there was none.
 */
function replayedLater({ replayed_at }: DeliveryMark, delivered: number): number | undefined {
  if (replayed_at === undefined) return undefined;
  const later = replayed_at - delivered;
  return later < 1_000 ? 0 : later;
}

/** Only some failures of a message are marked: see lib/forwarding/forward.ts. */
const orMoreText = (attempts: number) => (attempts > 1 ? `, ${attempts} attempts or more` : '');

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

function timesText(count: number): string {
  if (count === 1) return 'once';
  if (count === 2) return 'twice';
  return `${NUMBERS[count] ?? count} times`;
}

function countText(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** The largest whole unit, rounded down: `less than 0.1 s`, `0.4 s`, `12 s`, `4 minutes`, `2 hours`, `3 days`. */
function durationText(ms: number): string {
  // The clocks may differ.
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 0.1) return 'less than 0.1 s';
  if (seconds < 1) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3_600) return countText(Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return countText(Math.floor(seconds / 3_600), 'hour');
  return countText(Math.floor(seconds / 86_400), 'day');
}
