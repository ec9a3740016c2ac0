import { toEmail } from './email.ts';
import { SecretMalformed, toHttps } from './https.ts';
import type { ForwardedMessage, Outgoing } from './outgoing.ts';
import { toSlack } from './slack.ts';
import type { Subscriber } from './subscriber.ts';
import { toTeams } from './teams.ts';

interface Setting {
  /** IANA's name of the time zone that people read times in. */
  readonly timeZone: string;
  /** Epoch ms. */
  readonly now: number;
  /** A chat's webhook may be at `http:`. */
  readonly isLocal: boolean;
}

/**
 * What a subscriber gets of a message.
 *
 * @param secret Of the subscriber; empty if its kind has none.
 * @throws {SecretMalformed} If the secret cannot be used.
 */
export function buildOutgoing(
  message: ForwardedMessage,
  subscriber: Subscriber,
  secret: string,
  setting: Setting,
): Outgoing {
  switch (subscriber.kind) {
    case 'email':
      return toEmail(message, subscriber, setting);
    case 'slack':
      return toSlack(message, urlIn(secret, setting));
    case 'teams':
      return toTeams(message, urlIn(secret, setting));
    case 'https':
      return toHttps(message, subscriber, secret, setting.now);
  }
}

function urlIn(secret: string, { isLocal }: Setting): string {
  const protocol = URL.parse(secret)?.protocol;
  if (protocol === 'https:' || (isLocal && protocol === 'http:')) return secret.trim();
  throw new SecretMalformed();
}
