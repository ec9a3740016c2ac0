import { createServer, type IncomingHttpHeaders } from 'node:http';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it, onTestFinished } from 'vitest';
import { leanClient } from '../../lib/lean-client.ts';
import { hangUp, listen } from '../../local/listen.ts';

const settings = {
  region: 'ap-southeast-2',
  credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session' },
};
const namesIn = (client: DynamoDBClient | SNSClient) =>
  client.middlewareStack.identify().map((entry) => entry.split(' ')[0]);

describe.each([
  ['DynamoDB', () => new DynamoDBClient(settings)],
  ['SNS', () => new SNSClient(settings)],
])('a client of %s', (_, create) => {
  it.each(['loggerMiddleware', 'getUserAgentMiddleware'])('has %s, which is taken out', (name) => {
    expect(namesIn(create())).toContain(name);
    expect(namesIn(leanClient(create()))).not.toContain(name);
  });

  it('keeps everything else', () => {
    const left = namesIn(leanClient(create())).filter((name) => name !== 'userAgent');
    const all = namesIn(create());
    expect(left).toEqual(
      all.filter((name) => !/^(logger|getUserAgent)Middleware$/.test(name ?? '')),
    );
  });
});

it('signs each request, with one signer for all', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end('{}');
  });
  const endpoint = `http://127.0.0.1:${await listen(server)}`;
  const client = new DynamoDBClient({ ...settings, endpoint });
  let made = 0;
  const makeSigner = client.config.signer;
  client.config.signer = (scheme) => {
    made++;
    return makeSigner(scheme);
  };
  leanClient(client);
  onTestFinished(async () => {
    client.destroy();
    await hangUp(server);
  });
  for (const key of ['a', 'b']) {
    await client.send(new GetItemCommand({ TableName: 'table', Key: { key: { S: key } } }));
  }
  expect(made).toBe(1);
  for (const headers of seen) {
    expect(headers['user-agent']).toBe('inbound-sms (aws-sdk-js)');
    expect(headers['x-amz-security-token']).toBe('session');
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/ap-southeast-2\/dynamodb\/aws4_request, /,
    );
  }
  const signatures = seen.map(({ authorization }) => authorization?.split('Signature=')[1]);
  expect(new Set(signatures).size).toBe(2);
});
