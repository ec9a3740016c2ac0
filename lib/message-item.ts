import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type MessageRecord, shardOf, UnreadableRecord } from './message-record.ts';

export type Item = Record<string, AttributeValue>;

/** Attributes of the message itself: an absent one is absent from the item, too. */
const TEXT = [
  'message_id',
  'service_id',
  'from',
  'sms_number',
  'body',
  'fingerprint',
  'sns_message_id',
] as const;
const NUMBERS = ['timestamp', 'received_at', 'requests', 'attempts', 'published_at'] as const;

/**
 * A record as DynamoDB stores it. `extra` is one JSON string, not a map: the SDK builds maps from
 * plain objects, on which a field named `__proto__` is lost without a word.
 */
export function toItem(record: MessageRecord): Item {
  const item: Item = { extra: { S: JSON.stringify(record.extra) } };
  for (const name of TEXT) {
    const value = record[name];
    if (value !== undefined) item[name] = { S: value };
  }
  for (const name of NUMBERS) {
    const value = record[name];
    if (value !== undefined) item[name] = { N: String(value) };
  }
  if (record.claim) {
    item.claim_owner = { S: record.claim.owner };
    item.claim_until = { N: String(record.claim.until) };
  }
  const shard = { S: shardOf(record.message_id) };
  item.timeline_shard = shard;
  if (record.published_at === undefined) item.pending_shard = shard;
  return item;
}

/** @throws {UnreadableRecord} If the item is not a message: names what is missing, never a value. */
export function fromItem(item: Item): MessageRecord {
  const record: Record<string, unknown> = { extra: parseExtra(text(item, 'extra')) };
  for (const name of TEXT) record[name] = text(item, name);
  for (const name of NUMBERS) record[name] = number(item, name);
  const owner = text(item, 'claim_owner');
  const until = number(item, 'claim_until');
  if (owner !== undefined && until !== undefined) record.claim = { owner, until };

  for (const name of ['message_id', 'from', 'sms_number', 'body', 'fingerprint', 'received_at']) {
    if (record[name] === undefined) throw new UnreadableRecord(`A stored item has no ${name}`);
  }
  for (const name of Object.keys(record)) if (record[name] === undefined) delete record[name];
  const { attempts = 0 } = record;
  // Records of before `requests` was counted have only `attempts`.
  return { requests: attempts, attempts, ...record } as unknown as MessageRecord;
}

function parseExtra(json = '{}'): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Not the parser's own error, which quotes the text.
    throw new UnreadableRecord('A stored item has an extra that is not JSON');
  }
}

function text(item: Item, name: string): string | undefined {
  return item[name]?.S;
}

function number(item: Item, name: string): number | undefined {
  const value = item[name]?.N;
  return value === undefined ? undefined : Number(value);
}
