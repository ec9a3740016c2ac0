import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { markAttribute, toMarkValue } from '../../../lib/aws/delivery-marks.ts';
import { type Item, toItem } from '../../../lib/aws/message-item.ts';
import { toQuarantineItem } from '../../../lib/aws/quarantine-item.ts';
import type { DeliveryMarks } from '../../../lib/forwarding/delivery-mark.ts';
import type { MessageRecord } from '../../../lib/messages/message-record.ts';
import type { QuarantineEntry } from '../../../lib/messages/quarantine.ts';
import { clientOf } from '../../../tools/local/aws.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';

/** DynamoDB's own limit on one BatchWriteItem. */
const BATCH = 25;

/** Puts records into a stack's table as they are, past the webhook, with the marks of their deliveries. */
export function store(
  stack: StackTable,
  records: readonly (MessageRecord & { readonly deliveries?: DeliveryMarks })[],
): Promise<void> {
  return putItems(stack, records.map(itemOf));
}

/** Puts entries into a stack's quarantine as they are. */
export function quarantine(stack: StackTable, entries: readonly QuarantineEntry[]): Promise<void> {
  return putItems(stack, entries.map(toQuarantineItem));
}

type StackTable = Pick<LocalStack, 'dynamodbEndpoint' | 'tableName'>;

async function putItems(
  { dynamodbEndpoint, tableName }: StackTable,
  items: readonly Item[],
): Promise<void> {
  const client = new DynamoDBClient(clientOf(dynamodbEndpoint));
  try {
    for (let first = 0; first < items.length; first += BATCH) {
      const portion = items.slice(first, first + BATCH);
      const requests = portion.map((Item) => ({ PutRequest: { Item } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }));
    }
  } finally {
    client.destroy();
  }
}

function itemOf({ deliveries = {}, ...record }: Parameters<typeof store>[1][number]) {
  const marks = Object.entries(deliveries).map(([name, mark]) => [
    markAttribute(name),
    toMarkValue(mark),
  ]);
  return { ...toItem(record), ...Object.fromEntries(marks) };
}

/** What makes a record a published one. */
export function publishedAt(time: number): Pick<MessageRecord, 'published_at' | 'sns_message_id'> {
  return { published_at: time, sns_message_id: `sns-${time}` };
}

/** A record under the names of the table, as `--json` shows it. */
export function asStored({ publish_attempts: attempts, ...record }: MessageRecord) {
  return { ...record, attempts };
}
