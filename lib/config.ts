import { parseSubscribers, parseTimeZone } from './forwarding/parse-subscribers.ts';
import type { Subscriber } from './forwarding/subscriber.ts';
import {
  anyAllowed,
  type IsAllowed,
  parseSmsNumbers,
  parseSourceCidrs,
} from './http/allow-lists.ts';
import { parseTokenLengths, Tokens } from './http/tokens.ts';
import { MESSAGE_FORMATS, type MessageFormat } from './messages/notification.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Settings of the webhook and the sweeper. A wrong or missing value fails at start, with the variable's
 * name.
 */
export interface CommonConfig {
  /** The service's name. It is a dimension of the metrics, as is the stage. */
  readonly service: string;
  readonly stage: string;
  readonly tableName: string;
  readonly topicArn: string;
  /** How long a published message is kept. */
  readonly retentionMs: number;
  readonly messageFormat: MessageFormat;
}

/** What a deploy configures for the webhook. */
export interface WebhookSettings {
  readonly tokens: Tokens;
  /** The secrets that an edge in front of the API sends. Undefined if there is no edge. */
  readonly edgeSecrets: Tokens | undefined;
  /** The host of the webhook's URL, if it differs from the API's. */
  readonly edgeDomainName?: string | undefined;
  readonly isSourceAllowed: IsAllowed;
  readonly isNumberAllowed: IsAllowed;
}

export type ReceiveSmsConfig = CommonConfig &
  WebhookSettings & {
    /** How long a refused request is kept. */
    readonly quarantineMs: number;
  };

/** Settings of the forwarder. */
export interface ForwardMessageConfig
  extends Pick<CommonConfig, 'service' | 'stage' | 'tableName'> {
  readonly subscribers: readonly Subscriber[];
  /** IANA name of the time zone for times that people read. */
  readonly timeZone: string;
}

const DAY_MS = 86_400_000;

/** The default. An older version's environment does not have the variable. */
const QUARANTINE_DAYS = 30;

/** @throws {Error} Names the variable and what is wrong with it. */
export function readReceiveSmsConfig(environment: Environment = process.env): ReceiveSmsConfig {
  return {
    ...readCommonConfig(environment),
    tokens: readTokens(environment, 'WEBHOOK_TOKEN'),
    edgeSecrets: environment.EDGE_SECRET_HASHES
      ? readTokens(environment, 'EDGE_SECRET')
      : undefined,
    edgeDomainName: environment.EDGE_DOMAIN_NAME || undefined,
    isSourceAllowed: readOptional(
      environment,
      'ALLOWED_SOURCE_CIDRS',
      parseSourceCidrs,
      anyAllowed,
    ),
    isNumberAllowed: readOptional(environment, 'ALLOWED_SMS_NUMBERS', parseSmsNumbers, anyAllowed),
    quarantineMs: readOptional(environment, 'QUARANTINE_DAYS', wholeDays, QUARANTINE_DAYS) * DAY_MS,
  };
}

/** @throws {Error} Names the variable and what is wrong with it. */
export function readForwardMessageConfig(
  environment: Environment = process.env,
): ForwardMessageConfig {
  return {
    service: read(environment, 'SERVICE', String),
    stage: read(environment, 'STAGE', String),
    tableName: read(environment, 'MESSAGES_TABLE_NAME', String),
    subscribers: read(environment, 'SUBSCRIBERS', parseSubscribers),
    timeZone: readOptional(environment, 'TIME_ZONE', parseTimeZone, 'UTC'),
  };
}

/** @throws {Error} Names the variable and what is wrong with it. */
export function readCommonConfig(environment: Environment = process.env): CommonConfig {
  return {
    service: read(environment, 'SERVICE', String),
    stage: read(environment, 'STAGE', String),
    tableName: read(environment, 'MESSAGES_TABLE_NAME', String),
    topicArn: read(environment, 'MESSAGES_TOPIC_ARN', String),
    retentionMs: read(environment, 'RETENTION_DAYS', wholeDays) * DAY_MS,
    messageFormat: readOptional(environment, 'MESSAGE_FORMAT', messageFormat, 'inbound-sms'),
  };
}

/**
 * The lengths have their own variable. While a stack is updated, an older version may run with this
 * version's environment, and it expects only hashes in the other variable.
 */
function readTokens(environment: Environment, name: 'WEBHOOK_TOKEN' | 'EDGE_SECRET'): Tokens {
  const lengths = readOptional(environment, `${name}_LENGTHS`, parseTokenLengths, []);
  return read(environment, `${name}_HASHES`, (value) => Tokens.parse(value, lengths));
}

function read<T>(environment: Environment, name: string, parse: (value: string) => T): T {
  const value = environment[name];
  if (!value) throw new Error(`The environment variable ${name} is not set`);
  try {
    return parse(value);
  } catch (error) {
    throw new Error(`The environment variable ${name} ${(error as Error).message}`);
  }
}

function readOptional<T>(
  environment: Environment,
  name: string,
  parse: (value: string) => T,
  fallback: T,
): T {
  return environment[name] ? read(environment, name, parse) : fallback;
}

function messageFormat(value: string): MessageFormat {
  const format = MESSAGE_FORMATS.find((name) => name === value);
  if (!format) throw new Error(`must be ${MESSAGE_FORMATS.join(' or ')}`);
  return format;
}

function wholeDays(value: string): number {
  if (!/^[1-9]\d{0,4}$/.test(value)) throw new Error('must be a whole number of days, at least 1');
  return Number(value);
}
