import { Webhook } from 'standardwebhooks';
import type { ForwardedMessage, Outgoing } from './outgoing.ts';
import type { Subscriber } from './subscriber.ts';

/**
 * Length of a signing secret:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const SIGNING_BYTES = { min: 24, max: 64 };

/** A secret that its kind of subscriber cannot use. The error's message never holds the secret. */
export class SecretMalformed extends Error {
  override readonly name = 'SecretMalformed';

  constructor() {
    super('secret malformed');
  }
}

/**
 * Signs the message as it was published: https://www.standardwebhooks.com
 *
 * @param secret Base64, with or without the prefix `whsec_`. If there are several, separated by spaces,
 * each signs. That lets a receiver change from one to the next.
 * @param now Epoch ms.
 * @throws {SecretMalformed} If one of them is not base64 of {@link SIGNING_BYTES}, or there is none.
 */
export function toHttps(
  message: ForwardedMessage,
  subscriber: Extract<Subscriber, { kind: 'https' }>,
  secret: string,
  now: number,
): Outgoing {
  const { message_id, json, replay } = message;
  const time = new Date(now);
  const signatures = webhooksOf(secret).map((webhook) => webhook.sign(message_id, time, json));
  return {
    kind: 'post',
    url: subscriber.url,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'inbound-sms',
      'webhook-id': message_id,
      'webhook-timestamp': String(Math.floor(now / 1_000)),
      'webhook-signature': signatures.join(' '),
      ...(replay !== undefined && { 'x-inbound-sms-replay': replay }),
    },
    body: json,
  };
}

/** @throws {SecretMalformed} If one is not base64 of {@link SIGNING_BYTES}, or there is none. */
export function webhooksOf(secret: string): Webhook[] {
  return secret.trim().split(/\s+/).map(webhookOf);
}

function webhookOf(secret: string): Webhook {
  const { length } = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  if (length < SIGNING_BYTES.min || length > SIGNING_BYTES.max) throw new SecretMalformed();
  try {
    return new Webhook(secret);
  } catch {
    throw new SecretMalformed();
  }
}
