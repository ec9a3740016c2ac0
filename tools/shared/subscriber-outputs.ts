/** The outputs of a stack that describe its subscribers: infra/subscribers.js writes them. */

export type Kind = 'email' | 'slack' | 'teams' | 'https' | 'queue';

/** A deployed subscriber of settings.yml. */
export interface DeployedSubscriber {
  readonly name: string;
  readonly kind: Kind;
  /** URLs. */
  readonly queue: string;
  readonly deadLetters: string;
  /** The ARN of its subscription to the message topic. */
  readonly subscription: string;
  /** `email`: the ARN of its own topic. */
  readonly topic?: string;
  /** The name of its secret, if it has one. */
  readonly secret?: string;
  /** `https`: the URL that it posts to. */
  readonly url?: string;
}

const OUTPUT = /^Subscriber[A-Z][A-Za-z0-9]*$/;

/** The subscribers of a stack, in the order of their names. */
export function subscribersIn(
  outputs: Readonly<Record<string, string>>,
): readonly DeployedSubscriber[] {
  return Object.entries(outputs)
    .filter(([name, value]) => OUTPUT.test(name) && value.startsWith('{'))
    .map(([, value]) => JSON.parse(value) as DeployedSubscriber)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
