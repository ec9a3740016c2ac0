import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import middy from '@middy/core';
import httpUrlEncodeBodyParser from '@middy/http-urlencode-body-parser';

const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const sns = new SNSClient({});

interface Event {
  readonly body: Readonly<Record<string, string>>;
}

/** The way of tutorials: store and publish, and ignore failures and duplicates. */
export const handler = middy<Event, { statusCode: number }>()
  .use(httpUrlEncodeBodyParser())
  .handler(async ({ body }) => {
    if (!body.message_id) return { statusCode: 400 };
    await documents.send(
      new PutCommand({ TableName: process.env.MESSAGES_TABLE_NAME, Item: { ...body } }),
    );
    await sns.send(
      new PublishCommand({
        TopicArn: process.env.MESSAGES_TOPIC_ARN,
        Message: JSON.stringify(body),
      }),
    );
    return { statusCode: 200 };
  });
