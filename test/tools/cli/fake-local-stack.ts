import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { toItem } from '../../../lib/aws/message-item.ts';
import type { MessageRecord } from '../../../lib/messages/message-record.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';

type Answer = (input: never) => { readonly status?: number; readonly body: object };

/** An error as DynamoDB answers it. */
export const dynamoDBError = (name: string) => ({
  status: 400,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'Said AWS' },
});

/**
 * What `--local` takes for a local stack, until the test is over: its DynamoDB holds these messages, and
 * answers otherwise only what it is told to.
 */
export async function serveStack(
  records: readonly MessageRecord[],
  answers: Readonly<Record<string, Answer>> = {},
): Promise<string> {
  const items = records.map(toItem);
  const all: Readonly<Record<string, Answer>> = {
    Query: ({ ExpressionAttributeValues }: { ExpressionAttributeValues: Item }) => {
      const shard = ExpressionAttributeValues[':shard']?.S;
      return { body: { Items: items.filter((item) => item.timeline_shard?.S === shard) } };
    },
    BatchGetItem: () => ({ body: { Responses: { messages: items } } }),
    DeleteItem: () => ({ body: {} }),
    ...answers,
  };
  const server = createServer(async (request, response) => {
    if (request.url === '/_stack') {
      response.end(JSON.stringify(description(`http://localhost:${port}`)));
      return;
    }
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const input = JSON.parse(await text(request)) as never;
    const { status = 200, body } = all[operation]?.(input) ?? dynamoDBError(`No${operation}`);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(body));
  });
  const port = await listen(server);
  onTestFinished(() => hangUp(server));
  return `http://localhost:${port}`;
}

type Item = Readonly<Record<string, { readonly S?: string }>>;

function description(url: string) {
  return {
    stackName: 'inbound-sms-local',
    region: 'us-east-1',
    outputs: {
      MessagesTableName: 'messages',
      MessagesTopicArn: 'arn:aws:sns:us-east-1:1:messages',
    },
    webhookUrl: `${url}/sms/test`,
    logGroups: {},
    endpoints: { dynamodb: url, sns: url, sqs: url, logs: url },
  };
}
