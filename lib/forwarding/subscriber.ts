/** How a subscriber gets its messages. A queue of one's own is none of these: nothing is forwarded to it. */
export const FORWARDED_KINDS = ['email', 'slack', 'teams', 'https'] as const;

export type ForwardedKind = (typeof FORWARDED_KINDS)[number];

/** A subscriber that the forwarder delivers to, as the environment variable `SUBSCRIBERS` has it. */
export type Subscriber =
  | { readonly name: string; readonly kind: 'email'; readonly topicArn: string }
  /** `secret` names the secret that is the URL of the chat's webhook. */
  | { readonly name: string; readonly kind: 'slack' | 'teams'; readonly secret: string }
  /** `secret` names the secret that signs. */
  | {
      readonly name: string;
      readonly kind: 'https';
      readonly url: string;
      readonly secret: string;
    };

/**
 * How often a queue hands a message over before it goes to the dead-letter queue: `maxReceiveCount`. With
 * the pauses of pauses.ts that is about a day.
 */
export const MAX_ATTEMPTS = 34;

/** The name of a subscriber's queue, and of its dead-letter queue. */
export const queueName = (stack: string, subscriber: string) => `${stack}-to-${subscriber}`;
export const deadLetterQueueName = (stack: string, subscriber: string) =>
  `${queueName(stack, subscriber)}-dead`;

/** Where a secret is in SSM's Parameter Store. */
export const secretParameter = (service: string, stage: string, secret: string) =>
  `/${service}/${stage}/${secret}`;

/** The message attribute that marks a canary: a test message that only one subscriber's queue gets. */
export const CANARY_ATTRIBUTE = 'canary';
