import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalStack } from '../../../../tools/local/stack.ts';
import { postForm, startTestStack, subscribeQueue } from '../../../helpers/local-stack.ts';

const TOKEN = 'a-token_of.the~internet-that-nobody-guesses';
const SMS = { from: '+61491570006', sms_number: '+61491570156', body: 'Hello' };
const OTHER = 'another-token-that-nobody-guesses-either';

let stack: LocalStack;
let port = 0;
beforeAll(async () => {
  stack = await startTestStack({
    console: true,
    tunnel: {
      tokens: `${OTHER},${TOKEN}`,
      environment: { PATH: process.env.PATH },
      onStatus: () => {},
      program: {
        name: 'none',
        argv(doorPort) {
          port = doorPort;
          return ['sleep', '600'];
        },
      },
    },
  });
});
afterAll(() => stack?.close());

/** Sends a request as it is written. */
async function raw(head: string, at = port): Promise<string> {
  const socket = connect(at, '127.0.0.1');
  socket.write(`${head.replaceAll('\n', '\r\n')}\r\n\r\n`);
  return text(socket);
}

const get = (target: string, headers = '', at = port) =>
  raw(
    `GET ${target} HTTP/1.1\nhost: localhost:${new URL(stack.url).port}\nconnection: close${headers}`,
    at,
  );

const NOT_FOUND = /^HTTP\/1\.1 404 Not Found\r\n[^{]*\r\n\r\n\{"message":"Not Found"\}$/;

test('a message with the token comes in, and with no other', async () => {
  const url = `http://127.0.0.1:${port}`;
  const post = (token: string) =>
    postForm(`${url}/sms/${token}`, { ...SMS, message_id: randomUUID() });
  expect(stack.webhookUrl).toBe(`${stack.url}/sms/${TOKEN}`);
  for (const token of [TOKEN, OTHER]) expect((await post(token)).status).toBe(200);
  expect((await post('test')).status).toBe(404);
  expect((await post(`${TOKEN}x`)).status).toBe(404);
  expect((await postForm(`${url}/sms/${TOKEN}?a=b`, SMS)).status).toBe(400);
});

test('a token that a field of the form holds reaches no subscriber', async () => {
  await using queue = await subscribeQueue(stack);
  const message_id = randomUUID();
  const url = `http://127.0.0.1:${port}/sms/${TOKEN}`;
  const webhook_url = `https://fox.example/sms/${TOKEN}`;
  const fields = { ...SMS, message_id, webhook_url, note: `once ${OTHER}` };
  expect((await postForm(url, fields)).status).toBe(200);
  const [notification] = await queue.receive(1);
  expect(notification?.message).toContain(message_id);
  expect(notification?.message).toContain('https://fox.example/sms/REDACTED');
  for (const token of [TOKEN, OTHER]) expect(JSON.stringify(notification)).not.toContain(token);
});

describe('what is not the webhook is answered as if nothing were there', () => {
  const targets = [
    ...[
      '/',
      '//',
      '/sms',
      '/sms/',
      '//sms/x',
      '/sms//x',
      '/SMS/x',
      '/sms/x/',
      '/sms/x/y',
      '/smsx/y',
    ],
    ...['/sms/..', '/sms/.', '/sms/../', '/sms/..?x', '/sms/x/..', '/sms/x/../..', '/x/../sms/y'],
    ...[
      '/..%2f',
      '/sms/..%2f',
      '/sms/%2e%2e',
      '/sms/%2e%2e%2f_stack',
      '/sms%2fx',
      '/sms/x%2f..',
      '/sms/x%00',
    ],
    ...['/sms/..;/', '/sms/x;y', '/sms\\..\\', '/sms/x#y', '*'],
    ...['/_stack', '/_logs/', '/_ssm/', '/_cloudwatch/', '/_console/', '/_console/api/stack'],
    ...['/_console/api/events', '/_console/api/setup', '/_console/page.js', '/?/sms/x'],
  ];
  test.each(targets)('%s', async (target) => {
    expect(await get(target)).toMatch(NOT_FOUND);
  });

  test('the whole URL as the target', async () => {
    const { port: own } = new URL(stack.url);
    for (const target of [`${stack.url}/`, `http://127.0.0.1:${port}/`, `${stack.webhookUrl}`]) {
      expect(await get(target)).toMatch(NOT_FOUND);
    }
    expect(await raw(`CONNECT localhost:${own} HTTP/1.1\nhost: localhost:${own}`)).toBe('');
  });

  test('a web socket, and headers that claim to come from this machine', async () => {
    const claims = [
      '\nupgrade: websocket\nsec-websocket-key: x\nsec-websocket-version: 13',
      `\norigin: ${stack.url}\nsec-fetch-site: same-origin`,
      '\nx-forwarded-for: 127.0.0.1\nx-forwarded-host: localhost\nx-original-url: /\nx-rewrite-url: /',
      '\nx-http-method-override: GET\nforwarded: for=127.0.0.1;host=localhost',
    ];
    for (const claim of claims) {
      for (const target of ['/', '/_console/api/events']) {
        expect(await get(target, claim)).toMatch(NOT_FOUND);
      }
    }
  });

  test('on this machine it is there', async () => {
    const own = Number(new URL(stack.url).port);
    expect(await get('/_stack', '', own)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await get('/', '', own)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

test('a header from outside changes nothing for the webhook', async () => {
  const headers =
    '\nx-forwarded-for: 127.0.0.1\nx-edge-secret: x\ncloudfront-viewer-address: 127.0.0.1:1';
  expect(await get('/sms/test', headers)).toMatch(/^HTTP\/1\.1 404 /);
  expect(await get(`/sms/${TOKEN}`, headers)).toMatch(/^HTTP\/1\.1 405 /);
});
