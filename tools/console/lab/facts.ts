import type { CallReport } from '../../local/fault-proxy.ts';
import type { AnsweredRequest } from '../../local/gateway.ts';
import type { TopicMessage } from '../../local/topic-queue.ts';
import { type FallbackEmail, LAB_KEEPS, type SubscriberMessage } from '../lab-protocol.ts';
import type { TimelineEvent } from '../protocol.ts';
import { AttemptMemory, byTime } from '../server/attempts.ts';
import type { ConsoleEvent } from '../server/source.ts';
import { Listeners } from '../server/watching.ts';
import type { TunnelStatus } from '../stack-protocol.ts';
import { attemptOf } from './attempt-of.ts';
import { keptBy, viewsOf } from './aws-calls.ts';
import { MessageFates } from './message-fates.ts';
import { RecentMap } from './recent-map.ts';
import { SubscriberStates, type TopicEmail } from './subscribers.ts';

const MAX_ATTEMPTS = 5_000;
const MAX_TIMELINES = 5_000;
/** A message that fails for days has an attempt every minute. */
const MAX_EVENTS = 500;
/** No more than these run at once. */
const MAX_UNANSWERED = 1_000;
/** The limit for all timelines together: thousands of messages may fail for hours. */
const MAX_ALL_EVENTS = 60_000;

/** The observations of the local stack: requests, calls, and messages at subscribers. */
export class Facts {
  readonly attempts = new AttemptMemory({ maxCount: MAX_ATTEMPTS });
  readonly timelines = new Timelines();
  readonly arrived = new ArrivedMessages();
  readonly fates = new MessageFates();
  readonly subscribers = new SubscriberStates();
  readonly events = new Listeners<ConsoleEvent>();
  /** The quarantine_ids of requests that are not answered yet, by Lambda's request id. */
  readonly #kept = new RecentMap<string, string>(MAX_UNANSWERED);

  /** A request to the API. A request to the webhook is an attempt. */
  readonly answered = (request: AnsweredRequest): void => {
    if (!request.route.includes('{token}')) return;
    const attempt = attemptOf(request, Date.now(), this.#kept.get(request.requestId));
    this.#kept.delete(request.requestId);
    const { message_id, status, at } = attempt;
    if (message_id !== undefined) this.fates.sent(message_id, status, at);
    this.attempts.add(attempt);
  };

  /** A call of a function. */
  readonly called = (report: CallReport): void => {
    const kept = keptBy(report);
    if (kept) this.#kept.set(kept.request_id, kept.quarantine_id);
    for (const view of viewsOf(report)) {
      const { message_id, operation, status, subscriber } = view;
      // A function has stored the record again, or has deleted it, which no function should do.
      const isStoredOrTaken = operation === 'PutItem' || operation === 'DeleteItem';
      if (status === 200 && isStoredOrTaken) this.fates.storedOrTaken(message_id);
      // A delivery mark changes no count.
      if (subscriber === undefined) this.fates.changed(message_id);
      this.#happened(message_id, { kind: 'call', ...view });
    }
  };

  /** A message that a subscriber of the topic got. */
  readonly notified = (notification: TopicMessage): void => {
    const arrived = this.arrived.add(notification);
    const { message_id, at } = arrived;
    const { replay } = notification.attributes;
    this.events.tell('subscriber', arrived);
    if (message_id === '') return;
    this.fates.delivered(message_id);
    const event = { kind: 'delivered', at, ...(replay !== undefined && { replay }) } as const;
    this.#happened(message_id, event);
  };

  /** A message that the simulated PBX has e-mailed. */
  readonly givenUp = ({ message_id, at }: Pick<FallbackEmail, 'message_id' | 'at'>): void => {
    this.fates.emailed(message_id);
    this.#happened(message_id, { kind: 'emailed', at });
  };

  /** A line of the forwarder's log. */
  readonly forwarderLogged = (line: string): void => this.subscribers.logged(line);

  /** An e-mail that the topic of an `email` subscriber sends. */
  readonly emailed = (email: TopicEmail): void => {
    this.events.tell('subscriberEmail', this.subscribers.emailed(email));
  };

  /** The tunnel's last state, if there is a tunnel. */
  tunnel: TunnelStatus | undefined;

  readonly tunnelChanged = (status: TunnelStatus): void => {
    this.tunnel = status;
    this.events.tell('tunnel', status);
  };

  /** A message was deleted from the table. If a function did it, {@link called} follows. */
  readonly deleted = (message_id: string): void => {
    this.fates.deleted(message_id);
    this.events.tell('timeline', { message_id });
  };

  #happened(message_id: string, event: TimelineEvent): void {
    this.timelines.add(message_id, event);
    this.events.tell('timeline', { message_id });
  }
}

/** The events of the messages that changed last. */
export class Timelines {
  /** In the order of the last events. */
  readonly #byMessage = new Map<string, TimelineEvent[]>();
  readonly #maxMessages: number;
  readonly #maxEvents: number;
  #eventCount = 0;

  constructor({ maxMessages = MAX_TIMELINES, maxEvents = MAX_ALL_EVENTS } = {}) {
    this.#maxMessages = maxMessages;
    this.#maxEvents = maxEvents;
  }

  add(messageId: string, event: TimelineEvent): void {
    const events = this.#byMessage.get(messageId) ?? [];
    this.#eventCount += 1;
    events.push(event);
    if (events.length > MAX_EVENTS) {
      events.shift();
      this.#eventCount -= 1;
    }
    this.#byMessage.delete(messageId);
    this.#byMessage.set(messageId, events);
    for (const [id, { length }] of this.#byMessage) {
      const isTooMuch =
        this.#byMessage.size > this.#maxMessages || this.#eventCount > this.#maxEvents;
      if (!isTooMuch || id === messageId) break;
      this.#byMessage.delete(id);
      this.#eventCount -= length;
    }
  }

  /** In order of time. */
  of(messageId: string): TimelineEvent[] {
    return (this.#byMessage.get(messageId) ?? []).toSorted(byTime);
  }
}

/** The latest messages at a subscriber of the topic. */
export class ArrivedMessages {
  readonly #messages = new RecentMap<string, SubscriberMessage>(LAB_KEEPS.arrived);
  #count = 0;

  add(notification: TopicMessage, at = Date.now()): SubscriberMessage {
    const id = String(this.#count++);
    // Every format of lib/messages/notification.ts has it as an attribute. Foreign messages may not have it.
    const { message_id = '' } = notification.attributes;
    const message: SubscriberMessage = { id, at, message_id, ...notification };
    this.#messages.set(id, message);
    return message;
  }

  /** The latest first. */
  latest(): SubscriberMessage[] {
    return this.#messages.latest();
  }
}
