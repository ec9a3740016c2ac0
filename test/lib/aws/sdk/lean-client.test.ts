import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  clientSettings,
  createDynamoDBClient,
  createSNSClient,
} from '../../../../lib/aws/aws-clients.ts';
import { leanClient } from '../../../../lib/aws/sdk/lean-client.ts';
import { listen } from '../../../../tools/local/listen.ts';
import { signedHeaders } from '../../../helpers/sign-request.ts';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly body: string;
}

let server: Server;
const received: Received[] = [];
/** How far the server's clock is ahead, ms. */
let skewMs = 0;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const body = await text(request);
    const { headers, url: path = '' } = request;
    received.push({ headers, path, body });
    const now = Date.now() + skewMs;
    // AWS's limit of five minutes.
    if (Math.abs(now - dateOf(headers)) > 300_000) {
      response.writeHead(400, { date: new Date(now).toUTCString() });
      response.end('{"__type":"com.amazon.coral.service#RequestTimeTooSkewed"}');
      return;
    }
    const key = headers['x-amz-target'] ? JSON.parse(body).Key : undefined;
    response.writeHead(200);
    // Returns the key as the item.
    response.end(
      headers['x-amz-target']
        ? JSON.stringify(key ? { Item: key } : {})
        : '<PublishResponse><PublishResult><MessageId>id</MessageId></PublishResult></PublishResponse>',
    );
  });
  const endpoint = `http://127.0.0.1:${await listen(server)}`;
  vi.stubEnv('AWS_ENDPOINT_URL_SNS', endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', endpoint);
  vi.stubEnv('AWS_REGION', 'ap-southeast-2');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKID');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'session');
});
beforeEach(() => {
  received.length = 0;
  skewMs = 0;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** When the request was signed, epoch ms. */
function dateOf(headers: IncomingHttpHeaders): number {
  const pattern = /^(....)(..)(..)T(..)(..)(..)Z$/;
  return Date.parse(String(headers['x-amz-date']).replace(pattern, '$1-$2-$3T$4:$5:$6Z'));
}

/** The expected `authorization` of a request, computed only from what was sent. */
function expectedSignature({ headers, path, body }: Received, service: string): string | undefined {
  const [, names = ''] = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
  const signed = Object.fromEntries(names.split(';').map((name) => [name, String(headers[name])]));
  return signedHeaders(
    { method: 'POST', path, headers: signed, body },
    {
      ...{ service, region: 'ap-southeast-2', date: new Date(dateOf(headers)) },
      ...{ accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session' },
    },
  ).authorization;
}

describe('a client', () => {
  it('signs each request as AWS requires', async () => {
    const [dynamodb, sns] = [createDynamoDBClient(), createSNSClient()];
    for (const n of ['1', '2']) {
      await dynamodb.send(new PutItemCommand({ TableName: 'table', Item: { k: { S: n } } }));
      await sns.send(new PublishCommand({ TopicArn: 'arn', Message: n }));
    }
    const services = ['dynamodb', 'sns', 'dynamodb', 'sns'];
    expect(received).toHaveLength(services.length);
    expect(received.map(({ headers }) => headers.authorization)).toEqual(
      received.map((request, index) => expectedSignature(request, services[index] ?? '')),
    );
    for (const { headers } of received) expect(headers['user-agent']).toContain('inbound-sms');
    dynamodb.destroy();
    sns.destroy();
  });

  it('keeps parallel calls apart', async () => {
    const dynamodb = createDynamoDBClient();
    const keys = Array.from({ length: 200 }, (_, n) => ({ k: { S: String(n) } }));
    const answers = await Promise.all(
      keys.map((Key) => dynamodb.send(new GetItemCommand({ TableName: 'table', Key }))),
    );
    expect(answers.map(({ Item }) => Item)).toEqual(keys);
    const ids = received.map(({ headers }) => headers['amz-sdk-invocation-id']);
    expect(new Set(ids).size).toBe(200);
    dynamodb.destroy();
  });

  it('uses AWS’s clock after AWS refused its own', async () => {
    skewMs = 3_600_000;
    const dynamodb = createDynamoDBClient();
    await dynamodb.send(new PutItemCommand({ TableName: 'table', Item: { k: { S: '1' } } }));
    expect(received).toHaveLength(2);
    dynamodb.destroy();
  });

  it('keeps one signer; the SDK makes one for each call', async () => {
    const signersOf = async (toClient: (client: DynamoDBClient) => DynamoDBClient) => {
      const made = new DynamoDBClient(clientSettings('dynamodb'));
      const makeSigner = vi.spyOn(made.config, 'signer');
      const client = toClient(made);
      for (const n of ['1', '2']) {
        await client.send(new GetItemCommand({ TableName: 'table', Key: { k: { S: n } } }));
      }
      client.destroy();
      return makeSigner.mock.calls.length;
    };
    expect(await signersOf(leanClient)).toBe(1);
    expect(await signersOf((client) => client), 'nothing to keep: drop keepSigner').toBe(2);
  });

  it('has a plain configuration; the SDK’s has accessors', () => {
    const accessors = ({ config }: DynamoDBClient) =>
      Object.entries(Object.getOwnPropertyDescriptors(config)).filter(([, { get }]) => get);
    expect(accessors(createDynamoDBClient())).toEqual([]);
    const plain = new DynamoDBClient(clientSettings('dynamodb'));
    expect(accessors(plain), 'nothing to flatten: drop the copy').not.toEqual([]);
  });

  it('has each middleware once', () => {
    for (const client of [createDynamoDBClient(), createSNSClient()]) {
      const names = client.middlewareStack.identify();
      expect(names.length).toBeGreaterThan(5);
      expect(names).toEqual([...new Set(names)]);
      client.destroy();
    }
  });
});
