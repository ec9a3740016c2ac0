import { expect, onTestFinished, test } from 'vitest';
import {
  type AnsweredRequest,
  type GatewayOptions,
  startGateway,
} from '../../../tools/local/gateway.ts';

const ROUTE = { key: 'ANY /sms/{token}', functionArn: 'arn', timeoutMs: 5_000 };

async function serve(options: Partial<GatewayOptions> = {}): Promise<string> {
  const gateway = await startGateway({
    routes: [ROUTE],
    invoke: async () => ({ ok: true, result: 'function' }),
    ownPaths: { '/_own': () => ({ status: 200, headers: {}, body: Buffer.from('own') }) },
    ...options,
  });
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  return gateway.url;
}

const textAt = async (url: string, method = 'GET') => (await fetch(url, { method })).text();

test('a site answers only its own requests', async () => {
  const asked: string[] = [];
  const url = await serve({
    site: {
      owns: ({ url }) => url === '/',
      handle(request, response) {
        asked.push(`${request.method} ${request.url}`);
        response.end('site');
      },
    },
  });
  expect(await textAt(`${url}/`)).toBe('site');
  expect(await textAt(`${url}/_own`)).toBe('own');
  expect(await textAt(`${url}/sms/test`, 'POST')).toBe('function');
  expect((await fetch(`${url}/other`)).status).toBe(404);
  expect(asked).toEqual(['GET /']);
});

test('only requests to a route are reported', async () => {
  const answered: AnsweredRequest[] = [];
  const url = await serve({ onAnswer: (each) => answered.push(each) });
  await fetch(`${url}/_own`);
  await fetch(`${url}/other`);
  await fetch(`${url}/sms/test`, { method: 'POST', body: 'a=b' });
  expect(answered).toEqual([
    {
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      route: ROUTE.key,
      body: Buffer.from('a=b'),
      response: expect.objectContaining({ status: 200, body: Buffer.from('function') }),
      failure: undefined,
      isSent: true,
      ms: expect.any(Number),
    },
  ]);
});

test('a too large request is reported without its body', async () => {
  const answered: AnsweredRequest[] = [];
  const url = await serve({ onAnswer: (each) => answered.push(each) });
  const body = Buffer.alloc(10 * 1024 * 1024 + 1);
  expect((await fetch(`${url}/sms/test`, { method: 'POST', body })).status).toBe(413);
  expect(answered).toMatchObject([
    { route: ROUTE.key, body: undefined, response: { status: 413 }, isSent: true },
  ]);
});
