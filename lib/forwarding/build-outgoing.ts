import { toEmail } from './email.ts';
import { SecretMalformed, toHttps } from './https.ts';
import type { ForwardedMessage, Outgoing } from './outgoing.ts';
import { toSlack } from './slack.ts';
import type { Subscriber } from './subscriber.ts';
import { toTeams } from './teams.ts';

interface Setting {
  /** IANA name of the time zone for times that people read. */
  readonly timeZone: string;
  /** Epoch ms. */
  readonly now: number;
  /** On the local stack, a chat's webhook may have an `http:` URL. */
  readonly isLocal: boolean;
}

/**
 * Makes what a subscriber gets of a message.
 *
 * @param secret The subscriber's secret; empty if its kind has none.
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

/**
 * Reads the URL of a chat's webhook. White space around it does not count.
 *
 * @throws {SecretMalformed} If it is no URL, or not an `https:` one.
 */
export function urlIn(secret: string, { isLocal }: Pick<Setting, 'isLocal'>): string {
  const url = secret.trim();
  const protocol = /\s/.test(url) ? undefined : URL.parse(url)?.protocol;
  if (protocol === 'https:' || (isLocal && protocol === 'http:')) return url;
  throw new SecretMalformed();
}
