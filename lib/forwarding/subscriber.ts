/**
 * The kinds that the forwarder delivers to. The kind `queue` is not here: your own code reads such a queue.
 */
export const FORWARDED_KINDS = ['email', 'slack', 'teams', 'https'] as const;

export type ForwardedKind = (typeof FORWARDED_KINDS)[number];

/** A subscriber that the forwarder delivers to, as in the environment variable `SUBSCRIBERS`. */
export type Subscriber =
  | { readonly name: string; readonly kind: 'email'; readonly topicArn: string }
  /** `secret` names the secret that holds the URL of the chat's webhook. */
  | { readonly name: string; readonly kind: 'slack' | 'teams'; readonly secret: string }
  /** `secret` names the signing secret. */
  | {
      readonly name: string;
      readonly kind: 'https';
      readonly url: string;
      readonly secret: string;
    };

/**
 * How often a queue delivers a message before it moves it to the dead-letter queue: `maxReceiveCount`. With
 * the pauses of pauses.ts that takes about a day.
 */
export const MAX_ATTEMPTS = 34;

/** The names of a subscriber's queue and of its dead-letter queue. */
export const queueName = (stack: string, subscriber: string) => `${stack}-to-${subscriber}`;
export const deadLetterQueueName = (stack: string, subscriber: string) =>
  `${queueName(stack, subscriber)}-dead`;

/** The name of a secret in SSM's Parameter Store. */
export const secretParameter = (service: string, stage: string, secret: string) =>
  `/${service}/${stage}/${secret}`;

/** The message attribute that marks a canary: a test message that only one subscriber's queue gets. */
export const CANARY_ATTRIBUTE = 'canary';
