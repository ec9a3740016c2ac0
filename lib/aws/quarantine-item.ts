import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { UnreadableRecord } from '../messages/message-record.ts';
import {
  type Acceptance,
  isQuarantineReason,
  type QuarantineEntry,
} from '../messages/quarantine.ts';
import {
  type Item,
  number,
  numberIn,
  present,
  required,
  requiredNumber,
  string,
} from './message-item.ts';

/** The partition of the timeline index for entries. It holds no message. */
export const QUARANTINE_SHARD = 'quarantine';

/** Prefix of the entries' keys. No `message_id` has a space, so no message has such a key. */
const KEY_PREFIX = 'quarantine ';

/** An entry's value of the table's key `message_id`. */
export function quarantineKeyOf(quarantine_id: string): string {
  return `${KEY_PREFIX}${quarantine_id}`;
}

/** Whether a value of the table's key `message_id` is an entry's. */
export function isQuarantineKey(key: string): boolean {
  return key.startsWith(KEY_PREFIX) && /^[0-9a-f]{32}$/.test(quarantineIdOfKey(key));
}

/** The quarantine_id of an entry's key. */
export function quarantineIdOfKey(key: string): string {
  return key.slice(KEY_PREFIX.length);
}

/** An entry as a DynamoDB item. An absent field is absent in the item. */
export function toQuarantineItem(entry: QuarantineEntry): Item {
  const { acceptance } = entry;
  return present({
    message_id: string(quarantineKeyOf(entry.quarantine_id)),
    timeline_shard: string(QUARANTINE_SHARD),
    received_at: number(entry.received_at),
    last_received_at: number(entry.last_received_at),
    requests: number(entry.requests),
    last_request: string(entry.last_request),
    reason: string(entry.reason),
    faults: string(entry.faults),
    form: entry.form && { B: entry.form },
    content_type: string(entry.content_type),
    is_cut: { BOOL: entry.is_cut },
    sent_message_id: string(entry.sent_message_id),
    from: string(entry.from),
    sms_number: string(entry.sms_number),
    fingerprint: string(entry.fingerprint),
    expires_at: number(entry.expires_at),
    accepted_as: string(acceptance?.message_id),
    accepted_fingerprint: string(acceptance?.fingerprint),
    accepted_set: string(acceptance && JSON.stringify(acceptance.set)),
    accepted_at: number(entry.accepted_at),
    discarded_at: number(entry.discarded_at),
  });
}

/** @throws {UnreadableRecord} If the item is not an entry. Names what is missing, never a value. */
export function fromQuarantineItem(item: Item): QuarantineEntry {
  const reason = required(item, 'reason');
  if (!isQuarantineReason(reason)) {
    throw new UnreadableRecord('A stored item has an unknown reason');
  }
  const acceptance = acceptanceIn(item);
  const optional = {
    faults: item.faults?.S,
    form: item.form?.B,
    content_type: item.content_type?.S,
    sent_message_id: item.sent_message_id?.S,
    from: item.from?.S,
    sms_number: item.sms_number?.S,
    fingerprint: item.fingerprint?.S,
    acceptance,
    accepted_at: numberIn(item.accepted_at),
    discarded_at: numberIn(item.discarded_at),
  };
  return {
    quarantine_id: quarantineIdOfKey(required(item, 'message_id')),
    reason,
    is_cut: item.is_cut?.BOOL === true,
    received_at: requiredNumber(item, 'received_at'),
    last_received_at: requiredNumber(item, 'last_received_at'),
    requests: requiredNumber(item, 'requests'),
    last_request: required(item, 'last_request'),
    expires_at: requiredNumber(item, 'expires_at'),
    ...withoutAbsent(optional),
  };
}

function acceptanceIn(item: Readonly<Record<string, AttributeValue>>): Acceptance | undefined {
  const { accepted_as, accepted_fingerprint, accepted_set } = item;
  if (accepted_as?.S === undefined || accepted_fingerprint?.S === undefined) return undefined;
  return {
    message_id: accepted_as.S,
    fingerprint: accepted_fingerprint.S,
    set: parseSet(accepted_set?.S),
  };
}

function parseSet(json = '{}'): Acceptance['set'] {
  try {
    return JSON.parse(json);
  } catch {
    // Do not pass on the parser's error, which quotes the text.
    throw new UnreadableRecord('A stored item has an accepted_set that is not JSON');
  }
}

type Present<T> = { readonly [Name in keyof T]?: Exclude<T[Name], undefined> };

function withoutAbsent<T extends object>(values: T): Present<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Present<T>;
}
