import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, get, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { text } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { SNSClient } from '@aws-sdk/client-sns';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createDynamoDBClient } from '../../../lib/aws/aws-clients.ts';
import { Connections } from '../../../lib/aws/connections.ts';
import { rehearse, rehearsedAgent } from '../../../lib/aws/rehearsal.ts';
import { selfSigned } from '../../../tools/bench/certificate.ts';
import { hangUp } from '../../../tools/local/listen.ts';
import { publishWith, snsClientOf } from '../../helpers/sns-client.ts';
import { startSilentHost } from '../../helpers/start-silent-host.ts';

const never = new AbortController().signal;
const SENT = 'from-the-service';

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'ap-southeast-2');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKID');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  onTestFinished(() => void vi.unstubAllEnvs());
});

/** A service in place of AWS's, with its requests, its connections and a client. */
async function serve(server: Server, scheme: 'http' | 'https' | 'tcp' = 'http') {
  const sockets: Socket[] = [];
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const { port } = server.address() as AddressInfo;
  const client = snsClientOf(`${scheme === 'tcp' ? 'https' : scheme}://localhost:${port}`);
  onTestFinished(async () => {
    if (server.listening) await close();
  });
  return { sockets, close, client };
}

/** Sockets that keep the process running. */
const socketsInUse = () =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

async function publish(client: SNSClient): Promise<string | undefined> {
  return (await publishWith(client, 'é'.repeat(20_000))).MessageId;
}

/** Answers as SNS does. */
function answering(requests: string[] = []): RequestListener {
  return (request, response) => {
    requests.push(String(request.url));
    request.resume();
    response.end(
      `<PublishResponse><PublishResult><MessageId>${SENT}</MessageId></PublishResult></PublishResponse>`,
    );
  };
}

function overTls(listener: RequestListener): Server {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const cert = selfSigned('localhost', keys);
  const certificates = getCACertificates('default');
  setDefaultCACertificates([...certificates, cert]);
  onTestFinished(() => setDefaultCACertificates(certificates));
  const key = keys.privateKey.export({ format: 'pem', type: 'pkcs8' });
  return createTlsServer({ key, cert }, listener);
}

describe('a rehearsed call', () => {
  it.each(['http', 'https'] as const)(
    'opens the connection that the first real one and the next use, and sends nothing: %s',
    async (scheme) => {
      const requests: string[] = [];
      const listener = answering(requests);
      const server = scheme === 'https' ? overTls(listener) : createServer(listener);
      const { client, sockets } = await serve(server, scheme);
      await rehearse(never, async () => {
        for (let n = 0; n < 2; n++) expect(await publish(client)).not.toBe(SENT);
      });
      await vi.waitUntil(() => sockets.length > 0);
      expect(requests).toEqual([]);
      for (let n = 0; n < 2; n++) expect(await publish(client)).toBe(SENT);
      expect([requests.length, sockets.length]).toEqual([2, 1]);
    },
  );

  it('gets DynamoDB’s answer, and does not set the clock', async () => {
    const dates: unknown[] = [];
    const server = createServer(({ headers }, response) => {
      dates.push(headers['x-amz-date']);
      response.end('{}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => hangUp(server));
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${port}`);
    const client = createDynamoDBClient();
    onTestFinished(() => client.destroy());
    const Key = { message_id: { S: 'm-1' } };
    await rehearse(never, async () => {
      await client.send(new PutItemCommand({ TableName: 'table', Item: Key }));
      await client.send(new UpdateItemCommand({ TableName: 'table', Key }));
    });
    await client.send(new UpdateItemCommand({ TableName: 'table', Key }));
    expect(dates).toEqual([expect.stringContaining(new Date().toISOString().slice(0, 4))]);
  });

  it('never leaves the process, even if it is late', async () => {
    const requests: string[] = [];
    const { client } = await serve(createServer(answering(requests)));
    const over = Promise.withResolvers<void>();
    const left = Promise.withResolvers<string | undefined>();
    await rehearse(never, async () => {
      over.promise.then(() => publish(client)).then(left.resolve, left.reject);
    });
    expect(await publish(client)).toBe(SENT);
    over.resolve();
    expect(await left.promise).not.toBe(SENT);
    expect(requests).toHaveLength(1);
  });

  it.each(['while it is made', 'before it is made'])(
    'is given up when the rehearsal ends %s',
    async (when) => {
      const { client } = await serve(createServer(answering()));
      const end = new AbortController();
      const [over, left] = [Promise.withResolvers<void>(), Promise.withResolvers<unknown>()];
      const rehearsal = rehearse(end.signal, async () => {
        if (when === 'before it is made') await over.promise;
        const call = publish(client);
        end.abort();
        call.then(left.resolve, left.reject);
      });
      end.abort();
      over.resolve();
      await rehearsal;
      await expect(left.promise).rejects.toMatchObject({
        name: 'AbortError',
        $metadata: { attempts: 1 },
      });
    },
  );

  it('does not affect a real call at the same time', async () => {
    const { client } = await serve(createServer(answering()));
    const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const rehearsal = rehearse(never, async () => {
      await publish(client);
      begun.resolve();
      await over.promise;
    });
    await begun.promise;
    expect(await publish(client)).toBe(SENT);
    over.resolve();
    await rehearsal;
  });
});

describe('a connection that was opened ahead', () => {
  const opened = async (client: SNSClient, until = never) =>
    rehearse(until, async () => void (await publish(client)));

  it('is not used after the service has closed it', async () => {
    const { client, sockets } = await serve(createServer(answering()));
    await opened(client);
    await vi.waitUntil(() => sockets.length > 0);
    const closed = once(sockets[0] as Socket, 'close');
    sockets[0]?.end();
    await closed;
    expect(await publish(client)).toBe(SENT);
    expect(sockets).toHaveLength(2);
  });

  it('is not used after a long wait', async () => {
    const { client, sockets } = await serve(createServer(answering()));
    await opened(client);
    const now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now + 6_000);
    onTestFinished(() => clock.mockRestore());
    expect(await publish(client)).toBe(SENT);
    expect(sockets).toHaveLength(2);
    await vi.waitUntil(() => sockets[0]?.destroyed);
  });

  it('is not made if nothing listens: a real call fails as usual', async () => {
    const { client, close } = await serve(createServer(answering()));
    await close();
    await opened(client);
    await expect(publish(client)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      $metadata: { attempts: 3 },
    });
  });

  it('is not made if Node refuses to connect', async () => {
    const real = new Agent();
    real.createConnection = () => {
      throw new Error('a defect');
    };
    const agent = rehearsedAgent(new Agent(), new Connections(real));
    await rehearse(never, async () => {
      const [response] = await once(get({ agent }), 'response');
      await text(response);
    });
  });

  it('is not made if the name is unknown', async () => {
    await opened(snsClientOf('https://sns.invalid'));
  });

  it('is given up in time if TLS gets no answer', async () => {
    const { client, sockets } = await serve(createTcpServer(), 'tcp');
    const time = new AbortController();
    const done = opened(client, time.signal);
    await vi.waitUntil(() => sockets.length > 0);
    time.abort();
    await done;
    await once((sockets[0] as Socket).resume(), 'close');
  });

  it('is given up in time if the host is silent', async () => {
    const client = snsClientOf(await startSilentHost());
    const begun = Promise.withResolvers<void>();
    const time = new AbortController();
    const done = rehearse(time.signal, async () => {
      await publish(client);
      begun.resolve();
    });
    await begun.promise;
    time.abort();
    await done;
  });

  it('is not begun after the deadline', async () => {
    const { client, sockets } = await serve(createServer(answering()));
    const before = socketsInUse();
    await expect(opened(client, AbortSignal.abort())).rejects.toThrow();
    expect(sockets).toEqual([]);
    expect(socketsInUse()).toBeLessThanOrEqual(before);
  });
});
