import type { CallReport } from '../../local/fault-proxy.ts';
import type { AnsweredRequest } from '../../local/gateway.ts';
import type { Notification } from '../../local/topic-queue.ts';
import type { AwsCallView } from '../protocol.ts';
import { AttemptMemory } from '../server/attempts.ts';
import type { ConsoleEvent } from '../server/source.ts';
import { Listeners } from '../server/watching.ts';
import { ArrivedMessages } from './arrived-messages.ts';
import { attemptOf } from './attempt-of.ts';
import { viewsOf } from './call-views.ts';
import { Ledger } from './ledger.ts';
import { Timelines } from './timelines.ts';

const MAX_ATTEMPTS = 5_000;

/** What the local stack sees pass by: requests, calls and notifications. */
export class Facts {
  readonly attempts = new AttemptMemory({ maxCount: MAX_ATTEMPTS });
  readonly timelines = new Timelines();
  readonly arrived = new ArrivedMessages();
  readonly ledger = new Ledger();
  readonly events = new Listeners<ConsoleEvent>();

  /** A request to the API: one to the webhook is an attempt. */
  readonly answered = (request: AnsweredRequest): void => {
    if (!request.route.includes('{token}')) return;
    const attempt = attemptOf(request, Date.now());
    const { message_id, status, at } = attempt;
    if (message_id !== undefined) this.ledger.sent(message_id, status, at);
    this.attempts.add(attempt);
  };

  /** A call of a function. */
  readonly called = (report: CallReport): void => {
    for (const view of viewsOf(report)) {
      if (isStoredOrTaken(view)) this.ledger.storedOrTaken(view.message_id);
      this.ledger.changed(view.message_id);
      this.timelines.add(view.message_id, { kind: 'call', ...view });
      this.#touched(view.message_id);
    }
  };

  /** A message that a subscriber of the topic got. */
  readonly notified = (notification: Notification): void => {
    const arrived = this.arrived.add(notification);
    const { message_id, at } = arrived;
    const { replay } = notification.attributes;
    this.events.tell('subscriber', arrived);
    if (message_id === '') return;
    this.ledger.delivered(message_id);
    this.timelines.add(message_id, {
      kind: 'delivered',
      at,
      ...(replay !== undefined && { replay }),
    });
    this.#touched(message_id);
  };

  /** A message that somebody deleted from the table. Of a function's own deletion, {@link called} tells after it. */
  readonly deleted = (messageId: string): void => {
    this.ledger.deleted(messageId);
    this.#touched(messageId);
  };

  #touched(message_id: string): void {
    this.events.tell('timeline', { message_id });
  }
}

/** A function has put the record anew, or it has deleted it, which no function should do. */
function isStoredOrTaken({ operation, status }: AwsCallView): boolean {
  return status === 200 && (operation === 'PutItem' || operation === 'DeleteItem');
}
