import { BatchWriteItemCommand, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { isQuarantineKey } from '../../../lib/aws/quarantine-item.ts';
import { inBatches } from '../../archive/pacing.ts';
import type { ClearResult } from '../stack-protocol.ts';

/** DynamoDB's own limit on one BatchWriteItem. */
const BATCH = 25;

/** Deletes every record of a table: the messages, and the kept refused requests. */
export async function clearTable(client: DynamoDBClient, TableName: string): Promise<ClearResult> {
  let messages = 0;
  let refused = 0;
  const pages = paginateScan({ client }, { TableName, ProjectionExpression: 'message_id' });
  for await (const { Items = [] } of pages) {
    for await (const keys of inBatches(Items, BATCH)) {
      const requests = keys.map((Key) => ({ DeleteRequest: { Key } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }));
      for (const { message_id } of keys) {
        if (isQuarantineKey(message_id?.S ?? '')) refused++;
        else if (isMessageKey(message_id?.S ?? '')) messages++;
      }
    }
  }
  return { messages, refused };
}

/** The day's allowance for refused requests is no message. No `message_id` has a space. */
function isMessageKey(key: string): boolean {
  return !key.includes(' ');
}
