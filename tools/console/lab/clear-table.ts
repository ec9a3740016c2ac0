import { BatchWriteItemCommand, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { inBatches } from '../../archive/pacing.ts';

/** DynamoDB's own limit on one BatchWriteItem. */
const BATCH = 25;

/** Deletes every record of a table. @returns The number of records. */
export async function clearTable(client: DynamoDBClient, TableName: string): Promise<number> {
  let deleted = 0;
  const pages = paginateScan({ client }, { TableName, ProjectionExpression: 'message_id' });
  for await (const { Items = [] } of pages) {
    for await (const keys of inBatches(Items, BATCH)) {
      const requests = keys.map((Key) => ({ DeleteRequest: { Key } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }));
      deleted += keys.length;
    }
  }
  return deleted;
}
