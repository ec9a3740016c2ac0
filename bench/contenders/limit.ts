import { randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import type { PublishCommandInput } from '@aws-sdk/client-sns';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { signedHeaders } from './sign-request.ts';
import { attemptOf, claimOf, markOf, publicationOf, statusOfTaken } from './three-calls.ts';

interface Service {
  readonly name: string;
  readonly url: URL;
  readonly agent: http.Agent;
}

const dynamodb = serviceOf('dynamodb', process.env.AWS_ENDPOINT_URL_DYNAMODB);
const sns = serviceOf('sns', process.env.AWS_ENDPOINT_URL_SNS);

/** The three HTTP calls and their signatures. It neither retries nor times out: it is no product. */
export async function handler(event: APIGatewayProxyEventV2): Promise<{ statusCode: number }> {
  const attempt = attemptOf(event, randomUUID());
  if (!attempt) return { statusCode: 400 };
  const claimed = await dynamodbCall('PutItem', claimOf(attempt));
  if (claimed.status !== 200) {
    return { statusCode: statusOfTaken(attempt, JSON.parse(claimed.body).Item) };
  }
  const published = await call(sns, publishForm(publicationOf(attempt)), {
    'content-type': 'application/x-www-form-urlencoded',
  });
  const snsMessageId = /<MessageId>(.+?)<\/MessageId>/.exec(published.body)?.[1];
  const marked = await dynamodbCall('UpdateItem', markOf(attempt, snsMessageId));
  return { statusCode: marked.status };
}

function serviceOf(
  name: string,
  endpoint = `https://${name}.${process.env.AWS_REGION}.amazonaws.com`,
) {
  const url = new URL(endpoint);
  const { Agent } = url.protocol === 'https:' ? https : http;
  return { name, url, agent: new Agent({ keepAlive: true }) };
}

function dynamodbCall(operation: string, input: object) {
  return call(dynamodb, JSON.stringify(input), {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
  });
}

async function call({ name, url, agent }: Service, body: string, headers: Record<string, string>) {
  const { request } = url.protocol === 'https:' ? https : http;
  const method = 'POST';
  const signed = signedHeaders(
    { method, path: url.pathname, headers: { host: url.host, ...headers }, body },
    {
      ...{ service: name, region: process.env.AWS_REGION ?? '', date: new Date() },
      accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: process.env.AWS_SESSION_TOKEN,
    },
  );
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const length = { 'content-length': Buffer.byteLength(body) };
  request(url, { method, agent, headers: { ...signed, ...length } }, resolve)
    .on('error', reject)
    .end(body);
  const response = await promise;
  return { status: response.statusCode ?? 0, body: await text(response) };
}

/** The query protocol, which SNS speaks: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
function publishForm({
  TopicArn = '',
  Message = '',
  Subject = '',
  MessageAttributes = {},
}: PublishCommandInput) {
  const form = new URLSearchParams({
    ...{ Action: 'Publish', Version: '2010-03-31' },
    ...{ TopicArn, Message, Subject },
  });
  for (const [index, [name, { DataType = '', StringValue = '' }]] of Object.entries(
    MessageAttributes,
  ).entries()) {
    const entry = `MessageAttributes.entry.${index + 1}`;
    form.set(`${entry}.Name`, name);
    form.set(`${entry}.Value.DataType`, DataType);
    form.set(`${entry}.Value.StringValue`, StringValue);
  }
  return form.toString();
}
