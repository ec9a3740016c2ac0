import {
  type Chaos,
  type FilterRequest,
  MAX_REPLAYED,
  type MessageQuery,
  type ReplayRequest,
  type SendRequest,
  type SessionRequest,
} from '../protocol.ts';
import { Fields } from './fields.ts';
import { badInput } from './http-error.ts';

const STATES = ['stored', 'publishing', 'pending', 'published', 'conflict'] as const;
/** 9999-12-31 */
const MAX_TIME = 253_402_300_799_999;
/** What a DynamoDB page costs grows with it; see protocol.ts. */
const MAX_LIMIT = 500;
const MAX_NUMBER = 1_000;
const MAX_SEARCH = 1_000;
const MAX_POSITION = 200;
/** As lib/messages/sms-message.ts has it. */
const MAX_ID = 128;
const MAX_BODY = 64 * 1024;

/** @throws {HttpError} 400, as every function here: names the field. */
export function readQuery(query: URLSearchParams): MessageQuery {
  const fields = Fields.ofQuery(query);
  const read = {
    limit: fields.integer('limit', { min: 1, max: MAX_LIMIT }),
    before: fields.text('before', { min: 1, max: MAX_POSITION }),
    // Empty, they are numbers that are not known.
    from: fields.text('from', { max: MAX_NUMBER }),
    sms_number: fields.text('sms_number', { max: MAX_NUMBER }),
    search: fields.text('search', { max: MAX_SEARCH }),
    state: fields.oneOf('state', STATES),
    since: fields.integer('since', { min: 0, max: MAX_TIME }),
    until: fields.integer('until', { min: 0, max: MAX_TIME }),
  };
  fields.refuseOthers();
  const { since, until } = read;
  if (since !== undefined && until !== undefined && since >= until) {
    throw badInput('until must be after since.');
  }
  return withoutAbsent(read);
}

export function readReplay(body: unknown): ReplayRequest {
  const fields = Fields.ofBody(body);
  const message_ids = fields.required(
    'message_ids',
    fields.texts('message_ids', { maxCount: MAX_REPLAYED, max: MAX_ID }),
  );
  fields.refuseOthers();
  return { message_ids };
}

/** The message itself may be wrong in any way: the webhook's answer tells. */
export function readSend(body: unknown): SendRequest {
  const fields = Fields.ofBody(body);
  const read = {
    from: fields.required('from', fields.text('from', { max: MAX_NUMBER })),
    sms_number: fields.required('sms_number', fields.text('sms_number', { max: MAX_NUMBER })),
    body: fields.required('body', fields.text('body', { max: MAX_BODY })),
    message_id: fields.text('message_id', { max: MAX_NUMBER }),
    copies: fields.integer('copies', { min: 1, max: 10 }),
    count: fields.integer('count', { min: 1, max: 1_000 }),
    retryDelayMs: fields.integer('retryDelayMs', { min: 0, max: 60_000 }),
  };
  fields.refuseOthers();
  if (read.message_id !== undefined && (read.count ?? 1) > 1) {
    throw badInput('message_id goes with one message only: leave out count.');
  }
  return withoutAbsent(read);
}

export function readChaos(body: unknown): Chaos {
  const fields = Fields.ofBody(body);
  const on = (name: string) => fields.required(name, fields.boolean(name));
  const delay = fields.integer('dynamodbDelayMs', { min: 0, max: 10_000 });
  const chaos = {
    snsDown: on('snsDown'),
    dynamodbDelayMs: fields.required('dynamodbDelayMs', delay),
    dropPutAnswer: on('dropPutAnswer'),
    killBeforePublish: on('killBeforePublish'),
  };
  fields.refuseOthers();
  return chaos;
}

export function readFilter(body: unknown): FilterRequest {
  const fields = Fields.ofBody(body);
  const policy = fields.required('policy', fields.text('policy', { max: MAX_BODY }));
  fields.refuseOthers();
  return { policy };
}

export function readSession(body: unknown): SessionRequest {
  const fields = Fields.ofBody(body);
  const code = fields.required('code', fields.text('code', { max: MAX_NUMBER }));
  fields.refuseOthers();
  return { code };
}

type Present<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

/** A field that is absent is not there at all, as types of `exactOptionalPropertyTypes` have it. */
function withoutAbsent<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Present<T>;
}
