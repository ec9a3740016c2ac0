import { parseTokenHashes } from './webhook-request.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What both functions need. Wrong or missing values fail at start, with the variable's name. */
export interface CommonConfig {
  readonly stage: string;
  readonly tableName: string;
  readonly topicArn: string;
  /** How long a published message is kept. */
  readonly retentionMs: number;
}

export interface ReceiveSmsConfig extends CommonConfig {
  readonly tokenHashes: readonly Buffer[];
}

const DAY_MS = 86_400_000;

/** @throws {Error} Naming the variable and what is wrong with it. */
export function readReceiveSmsConfig(environment: Environment = process.env): ReceiveSmsConfig {
  return {
    ...readCommonConfig(environment),
    tokenHashes: read(environment, 'WEBHOOK_TOKEN_HASHES', parseTokenHashes),
  };
}

/** @throws {Error} Naming the variable and what is wrong with it. */
export function readCommonConfig(environment: Environment = process.env): CommonConfig {
  return {
    stage: read(environment, 'STAGE', String),
    tableName: read(environment, 'MESSAGES_TABLE_NAME', String),
    topicArn: read(environment, 'MESSAGES_TOPIC_ARN', String),
    retentionMs: read(environment, 'RETENTION_DAYS', wholeDays) * DAY_MS,
  };
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

function wholeDays(value: string): number {
  if (!/^[1-9]\d{0,4}$/.test(value)) throw new Error('must be a whole number of days, at least 1');
  return Number(value);
}
