import type { TimelineEvent } from '../protocol.ts';

const MAX_MESSAGES = 5_000;
/** A message that fails for days is tried every minute. */
const MAX_EVENTS = 500;

/** What happened to each message, of those to which something happened last. */
export class Timelines {
  /** The one that was touched last is last. */
  readonly #byMessage = new Map<string, TimelineEvent[]>();
  readonly #maxMessages: number;

  constructor(maxMessages = MAX_MESSAGES) {
    this.#maxMessages = maxMessages;
  }

  add(messageId: string, event: TimelineEvent): void {
    const events = this.#byMessage.get(messageId) ?? [];
    events.push(event);
    if (events.length > MAX_EVENTS) events.shift();
    this.#byMessage.delete(messageId);
    this.#byMessage.set(messageId, events);
    const [oldest] = this.#byMessage.keys();
    if (this.#byMessage.size > this.#maxMessages && oldest) this.#byMessage.delete(oldest);
  }

  /** In order of time. */
  of(messageId: string): TimelineEvent[] {
    return (this.#byMessage.get(messageId) ?? []).toSorted((a, b) => a.at - b.at);
  }
}
