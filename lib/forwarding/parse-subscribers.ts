import { FORWARDED_KINDS, type Subscriber } from './subscriber.ts';

/** The fields that each kind needs besides its name. */
const NEEDED = {
  email: ['topicArn'],
  slack: ['secret'],
  teams: ['secret'],
  https: ['url', 'secret'],
} as const satisfies Record<Subscriber['kind'], readonly string[]>;

/**
 * Reads the environment variable `SUBSCRIBERS`, which infra/subscribers.js writes.
 *
 * @throws {Error} Says what it must be.
 */
export function parseSubscribers(json: string): readonly Subscriber[] {
  const value = parseJson(json);
  if (!Array.isArray(value) || !value.every(isSubscriber)) {
    throw new Error('must be a JSON array of subscribers');
  }
  return value;
}

function isSubscriber(value: unknown): value is Subscriber {
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>;
  const kind = FORWARDED_KINDS.find((name) => name === fields.kind);
  return kind !== undefined && ['name', ...NEEDED[kind]].every((name) => isText(fields[name]));
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** @throws {Error} Says what it must be. */
export function parseTimeZone(name: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    throw new Error('must be an IANA time zone, such as Australia/Sydney');
  }
}
