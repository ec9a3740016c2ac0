import type { Chaos, FilterRequest, SendRequest } from '../lab-protocol.ts';
import {
  type ExportQuery,
  MAX_REPLAYED,
  type MessageQuery,
  type ReplayRequest,
} from '../protocol.ts';
import { REFUSALS, type RefusedQuery } from '../request-protocol.ts';
import type { SessionRequest } from '../stack-protocol.ts';
import { RequestFault } from './responses.ts';

const STATES = [
  'pending',
  'stored',
  'publishing',
  'overdue',
  'published',
  'late',
  'retried',
  'conflict',
  'replayed',
] as const;
const FORMATS = ['csv', 'jsonl'] as const;
/** 9999-12-31 */
const MAX_TIME = 253_402_300_799_999;
/** The cost of a DynamoDB page grows with it: see protocol.ts. */
const MAX_LIMIT = 500;
/** Small, because an entry of the quarantine may have 64 KiB. */
const MAX_REFUSED = 100;
const MAX_NUMBER = 1_000;
const MAX_SEARCH = 1_000;
const MAX_POSITION = 200;
const MAX_REPLAY_ID = 100;
/** The same as in lib/messages/sms-message.ts. */
const MAX_ID = 128;
const MAX_BODY = 64 * 1024;

const TIMES = { since: digits(0, MAX_TIME), until: digits(0, MAX_TIME) };
const FILTERS = {
  ...TIMES,
  // An empty value means an unknown number.
  from: text(MAX_NUMBER),
  sms_number: text(MAX_NUMBER),
  isExact: flag,
  search: text(MAX_SEARCH),
  state: oneOf(STATES),
  undelivered: text(MAX_NUMBER, 1),
  replay: text(MAX_REPLAY_ID, 1),
};

/** @throws {RequestFault} With the name of the field, like all functions here. */
export function readQuery(query: URLSearchParams): MessageQuery {
  const page = { limit: digits(1, MAX_LIMIT), before: text(MAX_POSITION, 1) };
  return checkTimes(readFields(valuesOf(query), {}, { ...page, ...FILTERS }));
}

export function readExport(query: URLSearchParams): ExportQuery {
  return checkTimes(readFields(valuesOf(query), { format: oneOf(FORMATS) }, FILTERS));
}

export function readRefusedQuery(query: URLSearchParams): RefusedQuery {
  const optional = {
    ...TIMES,
    limit: digits(1, MAX_REFUSED),
    before: text(MAX_POSITION, 1),
    reason: oneOf(REFUSALS),
    message_id: text(MAX_ID, 1),
    search: text(MAX_SEARCH),
  };
  return checkTimes(readFields(valuesOf(query), {}, optional));
}

/** The fields of a URL's query. Each may be there once. */
function valuesOf(query: URLSearchParams): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [name, value] of query) {
    if (values.has(name)) throw new RequestFault(`${shown(name)} is there more than once.`);
    values.set(name, value);
  }
  return values;
}

function checkTimes<Q extends Pick<MessageQuery, 'since' | 'until'>>(query: Q): Q {
  const { since, until } = query;
  if (since !== undefined && until !== undefined && since >= until) {
    throw new RequestFault('“Before” must be later than “Since”.');
  }
  return query;
}

export function readReplay(body: unknown): ReplayRequest {
  return readBody(body, { message_ids: texts(MAX_REPLAYED, MAX_ID) });
}

/** The message itself is not checked: the webhook's answer shows its faults. */
export function readSend(body: unknown): SendRequest {
  const required = { from: text(MAX_NUMBER), sms_number: text(MAX_NUMBER), body: text(MAX_BODY) };
  const optional = {
    message_id: text(MAX_NUMBER),
    copies: integer(1, 10),
    count: integer(1, 1_000),
    retryDelayMs: integer(0, 60_000),
  };
  const read = readBody(body, required, optional);
  if (read.message_id !== undefined && (read.count ?? 1) > 1) {
    throw new RequestFault('message_id goes with one message only: leave out count.');
  }
  return read;
}

export function readChaos(body: unknown): Chaos {
  return readBody(body, {
    dynamodbDelayMs: integer(0, 10_000),
    snsDown: boolean,
    dropPutAnswer: boolean,
    killBeforePublish: boolean,
  });
}

export function readFilter(body: unknown): FilterRequest {
  return readBody(body, { policy: text(MAX_BODY) });
}

export function readSession(body: unknown): SessionRequest {
  return readBody(body, { code: text(MAX_NUMBER) });
}

/** Reads the value of a present field. */
type Read<T> = (name: string, value: unknown) => T;
type Fields = Readonly<Record<string, Read<unknown>>>;
type Values<F extends Fields> = { [Name in keyof F]: ReturnType<F[Name]> };

/** @param max The maximum length, in UTF-16 units. */
function text(max: number, min = 0): Read<string> {
  return (name, value) => {
    if (typeof value !== 'string') throw new RequestFault(`${name} must be a text.`);
    if (value.length < min) throw new RequestFault(`${name} must not be empty.`);
    if (value.length > max) throw new RequestFault(`${name} must have ${max} characters at most.`);
    return value;
  };
}

function texts(maxCount: number, max: number): Read<string[]> {
  return (name, value) => {
    const isRight =
      Array.isArray(value) &&
      value.length >= 1 &&
      value.length <= maxCount &&
      value.every((each) => typeof each === 'string' && each !== '' && each.length <= max);
    if (isRight) return value;
    throw new RequestFault(`${name} must be 1 to ${maxCount} texts of 1 to ${max} characters.`);
  };
}

function integer(min: number, max: number): Read<number> {
  return (name, value) => {
    const number = Number.isInteger(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new RequestFault(`${name} must be a whole number from ${min} to ${max}.`);
  };
}

/** In the query of a URL, every value is a text. */
function digits(min: number, max: number): Read<number> {
  const read = integer(min, max);
  return (name, value) => read(name, /^\d{1,15}$/.test(String(value)) ? Number(value) : undefined);
}

/** A boolean in the query of a URL: present or absent. */
function flag(name: string, value: unknown): boolean {
  return boolean(name, value === 'true' || value);
}

function boolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new RequestFault(`${name} must be true or false.`);
}

function oneOf<T extends string>(values: readonly T[]): Read<T> {
  return (name, value) => {
    const found = values.find((each) => each === value);
    if (found !== undefined) return found;
    throw new RequestFault(`${name} must be one of ${values.join(', ')}.`);
  };
}

function readBody<R extends Fields, O extends Fields>(
  body: unknown,
  required: R,
  optional: O = {} as O,
): Values<R> & Partial<Values<O>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new RequestFault('The body must be a JSON object.');
  }
  return readFields(new Map(Object.entries(body)), required, optional);
}

/** Refuses unknown fields, which are probably misspelt, and leaves absent ones out. */
function readFields<R extends Fields, O extends Fields>(
  values: ReadonlyMap<string, unknown>,
  required: R,
  optional: O,
): Values<R> & Partial<Values<O>> {
  const fields = new Map(Object.entries({ ...required, ...optional }));
  const read: Record<string, unknown> = {};
  for (const [name, readValue] of fields) {
    if (values.has(name)) read[name] = readValue(name, values.get(name));
    else if (name in required) throw new RequestFault(`${name} is missing.`);
  }
  const other = [...values.keys()].find((name) => !fields.has(name));
  if (other === undefined) return read as Values<R> & Partial<Values<O>>;
  const known = [...fields.keys()].join(', ');
  throw new RequestFault(`${shown(other)} is not known; there are ${known}.`);
}

/** A name that a client has invented. */
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 50));
}
