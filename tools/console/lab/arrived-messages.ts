import type { Notification } from '../../local/topic-queue.ts';
import { LAB_KEEPS, type SubscriberMessage } from '../protocol.ts';

/** What a subscriber of the topic got, the latest of it. */
export class ArrivedMessages {
  readonly #messages: SubscriberMessage[] = [];
  #count = 0;

  add(notification: Notification, at = Date.now()): SubscriberMessage {
    const message: SubscriberMessage = {
      id: String(this.#count++),
      at,
      message_id: idOf(notification),
      ...notification,
    };
    this.#messages.push(message);
    if (this.#messages.length > LAB_KEEPS.arrived) this.#messages.shift();
    return message;
  }

  /** The latest first. */
  latest(): SubscriberMessage[] {
    return this.#messages.toReversed();
  }
}

/** Every format of lib/messages/notification.ts has it as an attribute. What others publish may have none. */
function idOf({ attributes }: Notification): string {
  return attributes.message_id ?? '';
}
