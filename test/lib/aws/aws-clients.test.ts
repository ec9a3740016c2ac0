import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createDynamoDBClient, createSNSClient } from '../../../lib/aws/aws-clients.ts';
import { callWithin } from '../../../lib/aws/call-within.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { publishWith, snsClientOf } from '../../helpers/sns-client.ts';
import { failure } from '../../helpers/sns-query.ts';
import { startSilentHost } from '../../helpers/start-silent-host.ts';

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

  // These really wait for three request timeouts, in parallel. That is far below the webhook's 10 seconds.
  const LIMIT = 8_000;

  it.concurrent(
    'SNS: a call ends by itself after 3 attempts',
    async () => {
      const client = createSNSClient();
      await expect(publishWith(client)).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(requests['/sns']).toBe(3);
      client.destroy();
    },
    LIMIT,
  );

  it.concurrent(
    'DynamoDB: a call ends by itself after 3 attempts',
    async () => {
      const client = createDynamoDBClient();
      const call = client.send(new GetItemCommand({ TableName: 'table', Key: { k: { S: 'v' } } }));
      await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(requests['/dynamodb']).toBe(3);
      client.destroy();
    },
    LIMIT,
  );
});

const timeIsUp = new Error('time is up');

describe('a call that its deadline ends', () => {
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise(setImmediate);
  };

  async function serve(listener: Parameters<typeof createServer>[1]): Promise<string> {
    const server = createServer(listener);
    const port = await listen(server);
    onTestFinished(() => hangUp(server));
    return `http://127.0.0.1:${port}`;
  }

  it('leaves nothing while it waits for an answer', async () => {
    const arrived = Promise.withResolvers<void>();
    const { call, end, timersLeft } = callOn(await serve(() => arrived.resolve()));
    await arrived.promise;
    end();
    await expect(call).rejects.toBe(timeIsUp);
    expect(timersLeft()).toBe(0);
  });

  it('leaves nothing in the middle of an answer', async () => {
    const sent = Promise.withResolvers<void>();
    const endpoint = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 1_000 });
      response.write('<PublishResponse>', () => sent.resolve());
    });
    const { call, end, timersLeft } = callOn(endpoint);
    await sent.promise;
    await until(() => timersLeft() === 0);
    end();
    await expect(call).rejects.toThrow();
    expect(timersLeft()).toBe(0);
  });

  it('leaves nothing while it pauses, and makes no other attempt', async () => {
    let requests = 0;
    const answered = Promise.withResolvers<void>();
    const endpoint = await serve((_, response) => {
      requests++;
      response.on('close', () => answered.resolve());
      response.writeHead(429).end(failure(429, 'Throttled').xml);
    });
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.9);
    onTestFinished(() => random.mockRestore());
    const { call, end, timersLeft } = callOn(endpoint);
    await answered.promise;
    // The pause of a throttled call: 900 ms here.
    await until(() => timersLeft() === 1);
    end();
    await expect(call).rejects.toThrow();
    expect([timersLeft(), requests]).toEqual([0, 1]);
  });

  it('leaves nothing while it connects', async () => {
    const { call, end, timersLeft } = callOn(await startSilentHost());
    await until(() => timersLeft() > 1);
    end();
    await expect(call).rejects.toBe(timeIsUp);
    expect(timersLeft()).toBe(0);
  });
});

it('gives up a slow connection and makes another', async () => {
  const { call } = callOn(await startSilentHost());
  const begun = performance.now();
  await expect(call).rejects.toMatchObject({ name: 'TimeoutError', $metadata: { attempts: 3 } });
  // Three times 500 ms. With the request timeout it would be three times 1,500.
  expect(performance.now() - begun).toBeLessThan(4_000);
});

/** A client's call to this endpoint, the function that ends it, and what it leaves behind. */
function callOn(endpoint: string) {
  const client = snsClientOf(endpoint);
  const controller = new AbortController();
  const timers = watchTimers();
  const call = callWithin(controller.signal, () => publishWith(client));
  call.catch(() => {});
  return { call, end: () => controller.abort(timeIsUp), timersLeft: () => timers.size };
}

/** Timers that begin from now on, until they end or are cleared. */
function watchTimers(): ReadonlySet<unknown> {
  const timers = new Set<unknown>();
  const { setTimeout: begin, clearTimeout: clear } = globalThis;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms: number) => {
    const timer = begin(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
    return timer;
  }) as typeof setTimeout);
  vi.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
    timers.delete(timer);
    clear(timer);
  });
  onTestFinished(() => void vi.restoreAllMocks());
  return timers;
}
