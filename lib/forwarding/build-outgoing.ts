import { Webhook } from 'standardwebhooks';
import type { ForwardedMessage, Outgoing } from './outgoing.ts';
import type { Subscriber } from './subscriber.ts';

interface Reader {
  /** IANA's name of the time zone that people read times in. */
  readonly timeZone: string;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * What a subscriber gets of a message.
 *
 * @param secret Of the subscriber; empty if its kind has none.
 * @throws {Error} If the secret cannot be used.
 */
export function buildOutgoing(
  message: ForwardedMessage,
  subscriber: Subscriber,
  secret: string,
  { now }: Reader,
): Outgoing {
  if (subscriber.kind !== 'https') throw new Error(`No ${subscriber.kind} yet`);
  const { message_id, json, replay } = message;
  return {
    kind: 'post',
    url: subscriber.url,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'inbound-sms',
      'webhook-id': message_id,
      'webhook-timestamp': String(Math.floor(now / 1000)),
      'webhook-signature': new Webhook(secret).sign(message_id, new Date(now), json),
      ...(replay && { 'x-inbound-sms-replay': replay }),
    },
    body: json,
  };
}
