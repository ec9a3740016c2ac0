import { request } from 'node:http';
import { json, text } from 'node:stream/consumers';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { InvocationResult } from '../../../tools/local/function-runtime.ts';
import { FunctionRuntime } from '../../../tools/local/function-runtime.ts';
import { type Gateway, startGateway } from '../../../tools/local/gateway.ts';
import { fixtureFunction } from './fixture-function.ts';
import { send } from './send-request.ts';

const ROUTE = { key: 'ANY /sms/{token}', functionArn: 'arn', timeoutMs: 5_000 };

async function serve(
  invoke: (event: APIGatewayProxyEventV2) => Promise<InvocationResult>,
  route = ROUTE,
): Promise<Gateway> {
  const gateway = await startGateway({
    routes: [route],
    invoke: (_, event) => invoke(event as APIGatewayProxyEventV2),
  });
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  return gateway;
}

const returning = (result: unknown) => serve(async () => ({ ok: true, result }));
const echoing = () => serve(async (event) => ({ ok: true, result: event }));

async function eventOf(path: string, options: Parameters<typeof send>[1] = {}) {
  const { url } = await echoing();
  return (await json(await send(url + path, options))) as APIGatewayProxyEventV2;
}

test('a form reaches the function in API Gateway’s form', async () => {
  vi.useFakeTimers({ now: new Date('2026-03-05T07:08:09.123Z'), toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const event = await eventOf('/sms/a%20b%2Fc?x=1&y=%26&x=2', {
    headers: ['Content-Type', 'application/x-www-form-urlencoded', 'User-Agent', 'pbx'],
    body: 'from=+61&body=ü',
  });
  expect(event).toEqual({
    version: '2.0',
    routeKey: 'ANY /sms/{token}',
    rawPath: '/sms/a%20b%2Fc',
    rawQueryString: 'x=1&y=%26&x=2',
    headers: {
      'content-length': '16',
      'content-type': 'application/x-www-form-urlencoded',
      host: expect.stringMatching(/^localhost:\d+$/),
      'user-agent': 'pbx',
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-[\da-f]{8}-[\da-f]{24}$/),
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-port': expect.stringMatching(/^\d+$/),
      'x-forwarded-proto': 'http',
    },
    queryStringParameters: { x: '1,2', y: '&' },
    pathParameters: { token: 'a b/c' },
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: {
        method: 'POST',
        path: '/sms/a%20b%2Fc',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'pbx',
      },
      requestId: expect.stringMatching(/^[\da-f-]{36}$/),
      routeKey: 'ANY /sms/{token}',
      stage: '$default',
      time: '05/Mar/2026:07:08:09 +0000',
      timeEpoch: Date.parse('2026-03-05T07:08:09.123Z'),
    },
    body: Buffer.from('from=+61&body=ü').toString('base64'),
    isBase64Encoded: true,
  });
});

test('an absent body, query or cookie has no key', async () => {
  const event = await eventOf('/sms/test', { method: 'GET' });
  expect(event).toMatchObject({ rawQueryString: '', isBase64Encoded: false });
  for (const key of ['body', 'queryStringParameters', 'cookies'])
    expect(event).not.toHaveProperty(key);
});

test('repeated headers are joined, and cookies are separate', async () => {
  const headers = [
    'X-Many',
    'a',
    'x-many',
    'b',
    'Content-Type',
    'text/plain',
    'content-type',
    'text/html',
    'Cookie',
    'a=1; b=2',
  ];
  const event = await eventOf('/sms/test', { headers });
  expect(event.headers).toMatchObject({ 'x-many': 'a,b', 'content-type': 'text/plain,text/html' });
  expect(event.headers).not.toHaveProperty('cookie');
  expect(event.cookies).toEqual(['a=1', 'b=2']);
});

test.each([
  ['text/plain', false],
  ['TEXT/HTML; charset=utf-8', false],
  ['application/json', false],
  ['application/xml', false],
  ['application/javascript', false],
  ['application/problem+json', false],
  ['application/soap+xml; charset=utf-8', false],
  ['application/x-www-form-urlencoded', true],
  ['application/x-www-form-urlencoded; charset=utf-8', true],
  ['multipart/form-data; boundary=x', true],
  ['application/octet-stream', true],
  ['', true],
  [undefined, true],
])('a body of content type %s is base64: %s', async (contentType, isBase64Encoded) => {
  const headers = contentType === undefined ? [] : ['content-type', contentType];
  const event = await eventOf('/sms/test', { headers, body: 'a=ü' });
  expect(event.isBase64Encoded).toBe(isBase64Encoded);
  expect(Buffer.from(event.body ?? '', isBase64Encoded ? 'base64' : 'utf8').toString()).toBe('a=ü');
});

test('an object with a statusCode is the response', async () => {
  const { url } = await returning({
    statusCode: 409,
    headers: { 'Content-Type': 'application/problem+json', 'Retry-After': 5 },
    cookies: ['a=1', 'b=2'],
    body: Buffer.from('{"a":"ü"}').toString('base64'),
    isBase64Encoded: true,
  });
  const response = await fetch(`${url}/sms/test`, { method: 'POST' });
  expect(response.status).toBe(409);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('retry-after')).toBe('5');
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(response.headers.get('apigw-requestid')).toMatch(/^[\da-f-]{36}$/);
  expect(await response.json()).toEqual({ a: 'ü' });
});

test.each([
  ['an object', { outcome: 'published' }, '{"outcome":"published"}'],
  ['a list', [1], '[1]'],
  ['a text', 'hello', 'hello'],
  ['nothing', null, 'null'],
])('%s without a statusCode is the body of a 200', async (_, result, body) => {
  const { url } = await returning(result);
  const response = await fetch(`${url}/sms/test`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.text()).toBe(body);
});

test('a response without a body is empty', async () => {
  const { url } = await returning({ statusCode: 204 });
  const response = await fetch(`${url}/sms/test`);
  expect(response.status).toBe(204);
  expect(await response.text()).toBe('');
});

test.each([
  ['a status that is none', { statusCode: 'ok' }],
  ['a status out of range', { statusCode: 1000 }],
  ['a header that would split the response', { statusCode: 200, headers: { a: 'b\r\nc: d' } }],
])('%s is a 500', async (_, result) => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => void vi.restoreAllMocks());
  const { url } = await returning(result);
  const response = await fetch(`${url}/sms/test`);
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({ message: 'Internal Server Error' });
});

test.each(['/', '/sms', '/sms/', '/sms/test/more', '/SMS/test'])('%s is a 404', async (path) => {
  const { url } = await returning({ statusCode: 200 });
  const response = await fetch(url + path);
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ message: 'Not Found' });
});

test('a body is accepted up to 10 MB and refused above', async () => {
  const limit = 10 * 1024 * 1024;
  const { url } = await serve(async (event) => ({
    ok: true,
    result: Buffer.from(event.body ?? '', 'base64').length,
  }));
  const post = (size: number) => send(`${url}/sms/test`, { body: Buffer.alloc(size, 'a') });
  expect(await text(await post(limit))).toBe(String(limit));
  const refused = await post(limit + 1);
  expect(refused.statusCode).toBe(413);
  expect(await json(refused)).toEqual({ message: 'Request Entity Too Large' });
});

test('a function that is slower than the integration is a 503', async () => {
  const { url } = await serve(() => new Promise(() => {}), { ...ROUTE, timeoutMs: 50 });
  const response = await fetch(`${url}/sms/test`);
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ message: 'Service Unavailable' });
});

test('a caller that gives up during its request affects nobody else', async () => {
  const { url } = await returning('fine');
  const outgoing = request(`${url}/sms/test`, {
    method: 'POST',
    headers: { 'content-length': 10 },
  });
  const closed = new Promise((resolve) => outgoing.on('error', () => {}).on('close', resolve));
  outgoing.write('abc', () => outgoing.destroy());
  await closed;
  expect(await (await fetch(`${url}/sms/test`)).text()).toBe('fine');
});

test('after any failure of a function, its caller gets a 500 and the next one is served', async () => {
  const definition = await fixtureFunction(
    `export const handler = async ({ pathParameters: { token } }) => {
      if (token === 'throws') throw new Error('secret');
      if (token === 'exits') process.exit(1);
      if (token === 'loops') for (;;);
      if (token === 'rejects') Promise.reject(new Error('secret'));
      if (token !== 'fine') await new Promise(() => setInterval(() => {}, 1000));
      return { statusCode: 200, body: 'fine' };
    };`,
    { timeoutMs: 300 },
  );
  const runtime = new FunctionRuntime(definition, { environment: {} });
  onTestFinished(() => runtime[Symbol.asyncDispose]());
  const { url } = await serve((event) => runtime.invoke(event));
  for (const token of ['throws', 'exits', 'loops', 'rejects', 'hangs']) {
    const response = await fetch(`${url}/sms/${token}`);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"message":"Internal Server Error"}');
    expect(await (await fetch(`${url}/sms/fine`)).text()).toBe('fine');
  }
});

test('answers at both names of this machine', async () => {
  const { url } = await returning('fine');
  expect(await (await fetch(`${url}/sms/test`)).text()).toBe('fine');
  const byAddress = url.replace('localhost', '127.0.0.1');
  expect(await (await fetch(`${byAddress}/sms/test`)).text()).toBe('fine');
});
