import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
  type PutItemCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

const dynamodb = new DynamoDBClient({});
const sns = new SNSClient({});
const TableName = process.env.MESSAGES_TABLE_NAME ?? '';
const TopicArn = process.env.MESSAGES_TOPIC_ARN ?? '';
/** ms */
const LEASE = 30_000;
/** s */
const RETENTION = 90 * 86_400;

/** The SDK and the three calls, which every implementation with the SDK needs. */
export async function handler(event: APIGatewayProxyEventV2): Promise<{ statusCode: number }> {
  const form = new URLSearchParams(Buffer.from(event.body ?? '', 'base64').toString());
  const messageId = form.get('message_id');
  if (!messageId) return { statusCode: 400 };
  const owner = randomUUID();
  const now = Date.now();
  try {
    await dynamodb.send(new PutItemCommand(claimOf(messageId, form, owner, now)));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { statusCode: statusOfTaken(form, error.Item) };
  }
  const { MessageId } = await sns.send(new PublishCommand(publicationOf(form, now)));
  await dynamodb.send(new UpdateItemCommand(markOf(messageId, owner, MessageId)));
  return { statusCode: 200 };
}

function claimOf(messageId: string, form: URLSearchParams, owner: string, now: number) {
  const Item: NonNullable<PutItemCommandInput['Item']> = {};
  for (const [name, value] of form) Item[name] = { S: value };
  Item.received_at = { N: String(now) };
  Item.claim_owner = { S: owner };
  Item.claim_until = { N: String(now + LEASE) };
  Item.attempts = { N: '1' };
  Item.pending_shard = { S: messageId.slice(-1) };
  return {
    TableName,
    Item,
    ConditionExpression: 'attribute_not_exists(message_id)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

function publicationOf(form: URLSearchParams, now: number) {
  const fields = Object.fromEntries(form);
  const attribute = (StringValue = '') => ({ DataType: 'String', StringValue });
  return {
    TopicArn,
    Message: JSON.stringify({ schema: 'inbound-sms/1', ...fields, received_at: now }),
    Subject: `SMS from ${fields.from} to ${fields.sms_number}`,
    MessageAttributes: {
      schema: attribute('inbound-sms/1'),
      message_id: attribute(fields.message_id),
      service_id: attribute(fields.service_id),
      from: attribute(fields.from),
      sms_number: attribute(fields.sms_number),
    },
  };
}

function markOf(messageId: string, owner: string, snsMessageId = '') {
  const now = Date.now();
  return {
    TableName,
    Key: { message_id: { S: messageId } },
    UpdateExpression:
      'SET published_at = :publishedAt, sns_message_id = :snsMessageId, expires_at = :expiresAt ' +
      'REMOVE pending_shard, claim_owner, claim_until',
    ConditionExpression: 'claim_owner = :owner',
    ExpressionAttributeValues: {
      ':owner': { S: owner },
      ':publishedAt': { N: String(now) },
      ':snsMessageId': { S: snsMessageId },
      ':expiresAt': { N: String(Math.ceil(now / 1_000) + RETENTION) },
    },
  };
}

/** The answer to a message whose id exists, by the stored item. */
function statusOfTaken(
  form: URLSearchParams,
  item: Readonly<Record<string, { readonly S?: string }>> = {},
): number {
  const isSame = ['from', 'sms_number', 'body'].every((name) => item[name]?.S === form.get(name));
  if (!isSame) return 409;
  return item.published_at ? 200 : 503;
}
