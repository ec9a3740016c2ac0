import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { post } from '../../../lib/forwarding/post.ts';
import { selfSigned } from '../../../tools/bench/certificate.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';

const LIMITS = { answerMs: 10_000, drainMs: 200 };
const HASTY = { ...LIMITS, answerMs: 200 };
const never = new AbortController().signal;

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  const port = await listen(server);
  onTestFinished(() => hangUp(server));
  return `http://127.0.0.1:${port}/hooks?key=of-nobody-else`;
}

/** A server without HTTP. */
async function serveTcp(listener: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    listener(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** A TLS server with its own certificate for `localhost`. */
async function serveTls() {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = keys.privateKey.export({ format: 'pem', type: 'pkcs8' });
  const cert = selfSigned('localhost', keys);
  const requests: string[] = [];
  const server = createTlsServer({ key, cert }, async (request, response) => {
    requests.push(await text(request));
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `https://localhost:${port}/`, requests, cert };
}

/** Makes this process trust a certificate until the test ends. */
function trust(cert: string): void {
  const certificates = getCACertificates('default');
  setDefaultCACertificates([...certificates, cert]);
  onTestFinished(() => setDefaultCACertificates(certificates));
}

const send = (url: string, { deadline = never, limits = LIMITS } = {}) =>
  post({ kind: 'post', url, headers: { 'x-one': '1' }, body: '{"a":"é"}' }, deadline, limits);

describe('a POST', () => {
  it('has the given headers and body', async () => {
    const received = Promise.withResolvers<unknown>();
    const url = await serve(async (request, response) => {
      const { method, url, headers } = request;
      received.resolve({ method, url, headers, body: await text(request) });
      response.end();
    });
    expect(await send(url)).toEqual({ status: 200, retryAfter: undefined });
    expect(await received.promise).toMatchObject({
      method: 'POST',
      url: '/hooks?key=of-nobody-else',
      headers: { 'x-one': '1', 'content-length': '10' },
      body: '{"a":"é"}',
    });
  });

  it.each([200, 201, 204, 302, 400, 429, 500])('returns the status %d', async (status) => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.writeHead(status, { location: '/elsewhere', 'retry-after': '7' }).end();
    });
    expect(await send(url)).toEqual({ status, retryAfter: '7' });
    expect(requests).toBe(1);
  });

  it('goes over TLS to a host with a trusted certificate', async () => {
    const { url, requests, cert } = await serveTls();
    trust(cert);
    expect(await send(url)).toMatchObject({ status: 200 });
    expect(requests).toEqual(['{"a":"é"}']);
  });

  it('reuses the connection of the one before', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve(({ socket }, response) => {
      ports.add(socket.remotePort);
      response.end('fine');
    });
    for (let n = 0; n < 3; n++) await send(url);
    expect(ports.size).toBe(1);
  });

  it('is sent again if the reused connection has ended', async () => {
    const bodies: string[] = [];
    const sockets = new Set<Socket>();
    const url = await serve(async (request, response) => {
      const isKept = sockets.has(request.socket);
      sockets.add(request.socket);
      if (isKept) return request.socket.destroy();
      bodies.push(await text(request));
      return response.end();
    });
    const timers = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => timers.mockRestore());
    expect(await send(url)).toMatchObject({ status: 200 });
    expect(await send(url)).toMatchObject({ status: 200 });
    expect([bodies.length, sockets.size]).toEqual([2, 2]);
    const limits = timers.mock.calls.map(([, ms = 0]) => ms).filter((ms) => ms > 5_000);
    expect(limits).toEqual([10_000, 10_000, expect.any(Number)]);
    expect(limits[2], 'both have the ten seconds together').toBeLessThan(10_000);
  });
});

describe('an answer', () => {
  it('is only the status: a long body is not read', async () => {
    let sent = 0;
    const closed = Promise.withResolvers<void>();
    const url = await serve((_, response) => {
      const chunk = Buffer.alloc(65_536);
      response.on('close', () => closed.resolve());
      const write = () => {
        while (!response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return response.once('drain', write);
        }
        return undefined;
      };
      write();
    });
    const limits = { ...LIMITS, drainMs: 60_000 };
    expect(await send(url, { limits })).toMatchObject({ status: 200 });
    await closed.promise;
    // The connection's buffers add to it.
    expect(sent).toBeLessThan(20_000_000);
  });

  it('is only the status: a slow body is not read', async () => {
    const url = await serve((_, response) => {
      const timer = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect(await send(url)).toMatchObject({ status: 200 });
  });

  it('is only the status: a broken body does not matter', async () => {
    const url = await serve((_, response) => {
      response.writeHead(202, { 'content-length': 100 });
      response.write('half', () => response.destroy());
    });
    expect(await send(url)).toMatchObject({ status: 202 });
  });
});

it('waits ten seconds for a status, and one for the rest', async () => {
  const url = await serve((_, response) => response.end());
  const timers = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => timers.mockRestore());
  await post({ kind: 'post', url, headers: {}, body: '' });
  const limits = timers.mock.calls.map(([, ms]) => ms ?? 0).filter((ms) => ms >= 1_000);
  expect(limits).toEqual([10_000, 1_000]);
});

describe('without an answer, the fault is', () => {
  it('a timeout if no answer comes', async () => {
    const url = await serve(() => {});
    expect(await send(url, { limits: HASTY })).toEqual({ fault: 'timeout' });
  });

  it('a timeout if the headers come slowly', async () => {
    const url = await serveTcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ');
      const timer = setInterval(() => socket.write('.'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await send(url, { limits: HASTY })).toEqual({ fault: 'timeout' });
  });

  it('a timeout as soon as the deadline aborts', async () => {
    const arrived = Promise.withResolvers<void>();
    const url = await serve(() => arrived.resolve());
    const controller = new AbortController();
    const sent = post({ kind: 'post', url, headers: {}, body: '' }, controller.signal);
    await arrived.promise;
    controller.abort();
    expect(await sent).toEqual({ fault: 'timeout' });
  });

  it('a timeout if the deadline was over already', async () => {
    const url = await serve((_, response) => response.end());
    expect(await send(url, { deadline: AbortSignal.abort() })).toEqual({ fault: 'timeout' });
  });

  it('that the connection was closed', async () => {
    let requests = 0;
    const url = await serve(({ socket }) => {
      requests++;
      socket.destroy();
    });
    expect(await send(url)).toEqual({ fault: 'connection closed' });
    expect(requests, 'it may have been taken').toBe(1);
  });

  it('that the connection was closed if the other side changes the protocol', async () => {
    const url = await serveTcp((socket) =>
      socket.write('HTTP/1.1 101 Other\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n'),
    );
    expect(await send(url)).toEqual({ fault: 'connection closed' });
  });

  it('that the connection was refused', async () => {
    const server = createServer();
    const port = await listen(server);
    await hangUp(server);
    expect(await send(`http://127.0.0.1:${port}/`)).toEqual({ fault: 'connection refused' });
  });

  it('that the host was not found', async () => {
    expect(await send('http://nothing.invalid/')).toEqual({ fault: 'host not found' });
  });

  it('that it is not HTTP', async () => {
    const url = await serveTcp((socket) => socket.end('SSH-2.0-other\r\n'));
    expect(await send(url)).toEqual({ fault: 'answer is not HTTP' });
  });

  it('TLS if the certificate is not trusted', async () => {
    const { url, requests } = await serveTls();
    expect(await send(url)).toEqual({ fault: 'TLS' });
    expect(requests).toEqual([]);
  });

  it('TLS if the certificate belongs to another host', async () => {
    const { url, requests, cert } = await serveTls();
    trust(cert);
    expect(await send(url.replace('localhost', '127.0.0.1'))).toEqual({ fault: 'TLS' });
    expect(requests).toEqual([]);
  });

  it('TLS if the receiver has no TLS', async () => {
    const url = await serve((_, response) => response.end());
    expect(await send(url.replace('http:', 'https:'))).toEqual({ fault: 'TLS' });
  });

  it.each(['not a URL', 'ftp://host/'])('that the request failed if the URL is %s', async (url) => {
    expect(await send(url)).toEqual({ fault: 'request failed' });
  });
});
