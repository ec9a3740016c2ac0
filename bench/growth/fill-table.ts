import { randomUUID } from 'node:crypto';
import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Item, toItem } from '../../lib/message-item.ts';
import { fingerprint } from '../../lib/sms-message.ts';

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
      const size = Math.min(BATCH, count - made);
      const first = made;
      made += size;
      const requests = Array.from({ length: size }, (_, index) => ({
        PutRequest: { Item: record(first + index, kind) },
      }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }));
    }
  };
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, worker));
}

/** A record as the webhook leaves it: published, or old and waiting for the sweeper. */
function record(n: number, kind: 'published' | 'pending'): Item {
  const message = { from: '+61400000001', sms_number: '+61400000002', body: TEXT };
  const stored = {
    ...message,
    message_id: randomUUID(),
    service_id: '1234567',
    timestamp: 1_790_000_000,
    extra: {},
    fingerprint: fingerprint(message),
    received_at: 1_000 + n,
    requests: 1,
    attempts: 1,
  };
  if (kind === 'pending') return toItem(stored);
  const published = { published_at: 1_000 + n, sns_message_id: randomUUID() };
  return { ...toItem({ ...stored, ...published }), expires_at: { N: '4000000000' } };
}
