import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { InboundSmsMessage } from '../lib/messages/notification.ts';

const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient());

/**
 * Keeps a message in the table that `TABLE` names. If it comes again, the first one stays.
 *
 * @throws {Error} If the message may not have been kept. Then it must come again.
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
