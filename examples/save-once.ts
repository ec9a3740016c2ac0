import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { InboundSmsMessage } from '../lib/messages/notification.ts';

const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient());

/**
 * Keeps a message in the table that `TABLE` names, once, however often it comes: the first one stays.
 *
 * @throws {Error} If it may not have been kept. It must come again then.
 */
export async function saveOnce(message: InboundSmsMessage): Promise<void> {
  const { message_id, from, sms_number, body, received_at } = message;
  const put = new PutCommand({
    TableName: process.env.TABLE,
    Item: { message_id, from, sms_number, body, received_at },
    ConditionExpression: 'attribute_not_exists(message_id)',
  });
  await dynamodb.send(put).catch((error) => {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  });
}
