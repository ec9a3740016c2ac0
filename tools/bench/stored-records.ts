import { randomUUID } from 'node:crypto';
import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Item, toItem } from '../../lib/aws/message-item.ts';
import { fingerprint, type SmsMessage } from '../../lib/messages/sms-message.ts';

/** A record as the webhook leaves it: with its mark, or old and waiting for the sweeper. */
export function storedItem(
  message: Pick<SmsMessage, 'message_id' | 'from' | 'sms_number' | 'body'> & Partial<SmsMessage>,
  received_at: number,
  published_at?: number,
): Item {
  const counted = { requests: 1, publish_attempts: 1 };
  const record = {
    extra: {},
    ...message,
    ...counted,
    received_at,
    fingerprint: fingerprint(message),
  };
  if (published_at === undefined) return toItem(record);
  return toItem({ ...record, published_at, sns_message_id: randomUUID() });
}

/** DynamoDB's own limit on one BatchWriteItem. */
const BATCH = 25;
const BATCHES_AT_ONCE = 8;
const TEXT =
  'A text of the length that a short message usually has: about a hundred characters in all.';

/** Puts records of one kind into a table, as fast as it takes them. */
export async function fillTable(
  client: DynamoDBClient,
  tableName: string,
  count: number,
  kind: 'published' | 'pending',
): Promise<void> {
  let made = 0;
  const worker = async () => {
    while (made < count) {
      const first = made;
      made = Math.min(count, made + BATCH);
      const items = Array.from({ length: made - first }, (_, n) => someItem(first + n, kind));
      await putItems(client, tableName, items);
    }
  };
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, worker));
}

/** @param items 25 at most. */
export async function putItems(client: DynamoDBClient, tableName: string, items: readonly Item[]) {
  const requests = items.map((Item) => ({ PutRequest: { Item } }));
  await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }));
}

function someItem(n: number, kind: 'published' | 'pending'): Item {
  const message = {
    ...{ from: '+61400000001', sms_number: '+61400000002', body: TEXT },
    ...{ message_id: randomUUID(), service_id: '1234567', timestamp: 1_790_000_000 },
  };
  if (kind === 'pending') return storedItem(message, 1_000 + n);
  return { ...storedItem(message, 1_000 + n, 1_000 + n), expires_at: { N: '4000000000' } };
}
