import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { attemptOf, claimOf, markOf, publicationOf, statusOfTaken } from './three-calls.ts';

const dynamodb = new DynamoDBClient({});
const sns = new SNSClient({});

/** The SDK and the three calls: what no implementation that uses it can be without. */
export async function handler(event: APIGatewayProxyEventV2): Promise<{ statusCode: number }> {
  const attempt = attemptOf(event, randomUUID());
  if (!attempt) return { statusCode: 400 };
  try {
    await dynamodb.send(new PutItemCommand(claimOf(attempt)));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { statusCode: statusOfTaken(attempt, error.Item) };
  }
  const { MessageId } = await sns.send(new PublishCommand(publicationOf(attempt)));
  await dynamodb.send(new UpdateItemCommand(markOf(attempt, MessageId)));
  return { statusCode: 200 };
}
