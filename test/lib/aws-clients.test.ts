import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand } from '@aws-sdk/client-sns';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createDynamoDBClient, createSNSClient } from '../../lib/aws-clients.ts';

/** What its connections are made with. The SDK's handler knows once it has been used. */
const configOf = ({ config }: { readonly config: { readonly requestHandler: object } }) =>
  (config.requestHandler as NodeHttpHandler).httpHandlerConfigs();

describe('a service that accepts a request and never answers', () => {
  let server: Server;
  const requests = { '/sns': 0, '/dynamodb': 0 };

  beforeAll(async () => {
    server = createServer(({ url = '' }) => {
      for (const path of ['/sns', '/dynamodb'] as const) {
        if (url.startsWith(path)) requests[path]++;
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    vi.stubEnv('AWS_ENDPOINT_URL_SNS', `${endpoint}/sns`);
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `${endpoint}/dynamodb`);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    vi.stubEnv('AWS_PROFILE', undefined);
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  // These wait for real: three times the request timeout. Both at once, and far below the webhook's
  // 10 seconds.
  const LIMIT = 8_000;

  it.concurrent(
    'SNS: the call ends by itself after 3 attempts',
    async () => {
      const client = createSNSClient();
      const call = client.send(new PublishCommand({ TopicArn: 'arn', Message: 'm' }));
      await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(requests['/sns']).toBe(3);
      expect(configOf(client)).toMatchObject({ connectionTimeout: 500 });
      client.destroy();
    },
    LIMIT,
  );

  it.concurrent(
    'DynamoDB: the call ends by itself after 3 attempts',
    async () => {
      const client = createDynamoDBClient();
      const call = client.send(new GetItemCommand({ TableName: 'table', Key: { k: { S: 'v' } } }));
      await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(requests['/dynamodb']).toBe(3);
      expect(configOf(client)).toMatchObject({ connectionTimeout: 500 });
      client.destroy();
    },
    LIMIT,
  );
});
