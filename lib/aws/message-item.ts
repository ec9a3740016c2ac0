import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type MessageRecord, shardOf, UnreadableRecord } from '../messages/message-record.ts';

export type Item = Record<string, AttributeValue>;

/**
 * A record as a DynamoDB item. An absent field is absent in the item. `extra` is a JSON string, because the
 * SDK builds a map from a plain object and would silently lose a field named `__proto__`.
 */
export function toItem(record: MessageRecord): Item {
  const { claim, published_at } = record;
  const shard = shardOf(record.message_id);
  return present({
    message_id: string(record.message_id),
    service_id: string(record.service_id),
    from: string(record.from),
    sms_number: string(record.sms_number),
    body: string(record.body),
    timestamp: number(record.timestamp),
    extra: string(JSON.stringify(record.extra)),
    fingerprint: string(record.fingerprint),
    received_at: number(record.received_at),
    requests: number(record.requests),
    attempts: number(record.publish_attempts),
    claim_owner: string(claim?.owner),
    claim_until: number(claim?.until),
    published_at: number(published_at),
    sns_message_id: string(record.sns_message_id),
    timeline_shard: string(shard),
    pending_shard: string(published_at === undefined ? shard : undefined),
  });
}

/** @throws {UnreadableRecord} If the item is not a message. Names what is missing, never a value. */
export function fromItem(item: Item): MessageRecord {
  const { timestamp, claim_owner, claim_until, published_at, service_id, sns_message_id } = item;
  // The stored name is older than the counter `requests`.
  const publish_attempts = numberIn(item.attempts) ?? 0;
  return {
    message_id: required(item, 'message_id'),
    ...(service_id?.S !== undefined && { service_id: service_id.S }),
    from: required(item, 'from'),
    sms_number: required(item, 'sms_number'),
    body: required(item, 'body'),
    ...(timestamp?.N !== undefined && { timestamp: Number(timestamp.N) }),
    extra: parseExtra(item.extra?.S),
    fingerprint: required(item, 'fingerprint'),
    received_at: requiredNumber(item, 'received_at'),
    // Older records have no `requests`, only `attempts`.
    requests: numberIn(item.requests) ?? publish_attempts,
    publish_attempts,
    ...(claim_owner?.S !== undefined &&
      claim_until?.N !== undefined && {
        claim: { owner: claim_owner.S, until: Number(claim_until.N) },
      }),
    ...(published_at?.N !== undefined && { published_at: Number(published_at.N) }),
    ...(sns_message_id?.S !== undefined && { sns_message_id: sns_message_id.S }),
  };
}

function parseExtra(json = '{}'): MessageRecord['extra'] {
  try {
    return JSON.parse(json);
  } catch {
    // Do not pass on the parser's error, which quotes the text.
    throw new UnreadableRecord('A stored item has an extra that is not JSON');
  }
}

export function required(item: Item, name: string): string {
  const value = item[name]?.S;
  if (value === undefined) throw missing(name);
  return value;
}

export function requiredNumber(item: Item, name: string): number {
  const value = numberIn(item[name]);
  if (value === undefined) throw missing(name);
  return value;
}

function missing(name: string): UnreadableRecord {
  return new UnreadableRecord(`A stored item has no ${name}`);
}

export function numberIn(value: AttributeValue | undefined): number | undefined {
  return value?.N === undefined ? undefined : Number(value.N);
}

export function string(value: string | undefined): AttributeValue | undefined {
  return value === undefined ? undefined : { S: value };
}

export function number(value: number | undefined): AttributeValue | undefined {
  return value === undefined ? undefined : { N: String(value) };
}

export function present(item: Readonly<Record<string, AttributeValue | undefined>>): Item {
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
}
