import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf } from '../../../tools/local/aws.ts';
import { LOGS_PATH } from '../../../tools/local/logs.ts';
import { SSM_PATH } from '../../../tools/local/parameter-store.ts';
import { CLOUDWATCH_PATH } from '../../../tools/local/queue-metrics.ts';
import { queueNameOf } from '../../../tools/local/queues.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { STACK_PATH } from '../../../tools/local/stack-description.ts';
import { type Answer, type Asked, ask } from '../../helpers/console-site.ts';
import { startTestStack } from '../../helpers/local-stack.ts';
import { openedPorts } from '../../helpers/opened-ports.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const TARGET = 'DynamoDB_20120810.';

let stack: LocalStack;
let ports: readonly number[];

beforeAll(async () => {
  ({ started: stack, ports } = await openedPorts(() => startTestStack({ console: true })));
});
afterAll(() => stack?.close());

/** Asks every port at every path that one of them serves. */
async function askAll(asked: (port: number) => Asked): Promise<readonly [string, Answer][]> {
  const paths = [
    '/',
    STACK_PATH,
    LOGS_PATH,
    SSM_PATH,
    CLOUDWATCH_PATH,
    '/_console/api/messages',
    '/none',
    '/?Action=ListTopics',
  ];
  const places = ports.flatMap((port) => paths.map((path) => `http://127.0.0.1:${port}${path}`));
  return Promise.all(
    places.map(
      async (place) => [place, await ask(place, asked(Number(new URL(place).port)))] as const,
    ),
  );
}

const corsHeaders = ({ headers }: Answer) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control'));

it('finds the ports of the gateway, the emulators and the proxies before them', () => {
  const known = [stack.url, stack.dynamodbEndpoint, stack.snsEndpoint].map(
    (url) => new URL(url).port,
  );
  expect(ports.map(String)).toEqual(expect.arrayContaining(known));
  expect(new Set(ports).size).toBe(5);
});

describe('no port answers', () => {
  it.each([
    'evil.example',
    'evil.example:PORT',
    'localhost.evil.example:PORT',
    '127.0.0.1.evil.example',
    'evil.localhost:PORT',
    'localhost:PORT@evil.example',
    'localhost:PORT.evil.example',
    '0.0.0.0:PORT',
    '[::]:PORT',
    '127.0.0.1:',
  ])('the Host %j', async (host) => {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const answers = await askAll((port) => ({
        method,
        headers: { ...FORM, host: host.replace('PORT', String(port)) },
      }));
      for (const [place, answer] of answers) {
        expect(answer.status, `${method} ${place}`).toBe(403);
        expect(answer.text, place).toMatch(/localhost/);
        expect(corsHeaders(answer), place).toEqual([]);
      }
    }
  });

  it.each<[string, Asked['headers']]>([
    ['another site', { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another port', { origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' }],
    ['an old browser', { origin: 'http://evil.example' }],
    ['a sandbox', { origin: 'null' }],
  ])('a page’s post without a preflight: %s', async (_, headers) => {
    for (const type of ['text/plain', FORM['content-type'], 'multipart/form-data; boundary=x']) {
      const answers = await askAll(() => ({
        method: 'POST',
        headers: { ...headers, 'content-type': type },
        body: 'Action=CreateTopic&Name=from-a-web-page&Version=2010-03-31',
      }));
      for (const [place, answer] of answers) {
        expect(answer.status, place).toBe(403);
        expect(corsHeaders(answer), place).toEqual([]);
      }
    }
    const sns = new SNSClient(clientOf(stack.snsEndpoint));
    const { Topics = [] } = await sns.send(new ListTopicsCommand({}));
    sns.destroy();
    expect(JSON.stringify(Topics)).not.toContain('from-a-web-page');
    expect(JSON.stringify(Topics)).toContain(stack.topicArn);
  });

  it.each(['cross-site', 'same-site'])('what a page loads, be it a picture: %s', async (site) => {
    const answers = await askAll(() => ({ headers: { 'sec-fetch-site': site } }));
    for (const [place, answer] of answers) {
      const isPage =
        place.startsWith(`http://127.0.0.1:${new URL(stack.url).port}/`) &&
        new URL(place).pathname === '/';
      // Other pages may link to the console's page, which holds no message.
      expect(answer.status, place).toBe(isPage ? 200 : 403);
    }
  });

  it('a preflight with a permission', async () => {
    const answers = await askAll(() => ({
      method: 'OPTIONS',
      headers: {
        origin: 'http://evil.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-amz-target,authorization',
      },
    }));
    for (const [place, answer] of answers) {
      expect(answer.status, place).toBeGreaterThanOrEqual(403);
      expect(corsHeaders(answer), place).toEqual([]);
    }
    const webhook = await ask(stack.webhookUrl.replace('localhost', '127.0.0.1'), {
      method: 'OPTIONS',
      headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(webhook.status).toBe(405);
    expect(corsHeaders(webhook)).toEqual([]);
  });

  it('its own Origin with a CORS header, because no page is served there', async () => {
    const answers = await askAll((port) => ({
      method: 'POST',
      headers: { origin: `http://127.0.0.1:${port}`, 'x-amz-target': `${TARGET}ListTables` },
      body: '{}',
    }));
    for (const [place, answer] of answers) expect(corsHeaders(answer), place).toEqual([]);
  });
});

describe('every port still answers', () => {
  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '[::1]'])(
    'a program that calls it %s',
    async (name) => {
      for (const suffix of ['', ':1', ':PORT']) {
        const host = (url: string) => name + suffix.replace('PORT', new URL(url).port);
        const { text } = await ask(`${stack.dynamodbEndpoint}/`, {
          headers: { host: host(stack.dynamodbEndpoint) },
        });
        expect(text).toContain('healthy');
        const topics = await ask(`${stack.snsEndpoint}/`, {
          method: 'POST',
          headers: { ...FORM, host: host(stack.snsEndpoint) },
          body: 'Action=ListTopics&Version=2010-03-31',
        });
        expect(topics.text).toContain(stack.topicArn);
        const own = await ask(stack.url + STACK_PATH, { headers: { host: host(stack.url) } });
        expect(own.json.webhookUrl).toBe(stack.webhookUrl);
      }
    },
  );

  it('the SDK', async () => {
    await using clients = new AsyncDisposableStack();
    const use = <C extends { destroy(): void }>(client: C) =>
      clients.adopt(client, (each) => each.destroy());
    const dynamodb = use(new DynamoDBClient(clientOf(stack.dynamodbEndpoint)));
    const sqs = use(new SQSClient(clientOf(stack.snsEndpoint)));
    expect((await dynamodb.send(new ListTablesCommand({}))).TableNames).toEqual([stack.tableName]);
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    expect(QueueUrls.map(queueNameOf)).toEqual([
      'inbound-sms-local-FailedSweeps',
      'inbound-sms-local-terminal',
    ]);
  });

  it('a person who types an address', async () => {
    const typed = { headers: { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' } };
    expect((await ask(stack.url + STACK_PATH, typed)).status).toBe(200);
    expect((await ask(`${stack.url}/`, typed)).status).toBe(200);
  });
});

describe('the webhook', () => {
  const form = String(
    new URLSearchParams({ from: '+61491570006', sms_number: '+61491570156', body: 'Hello' }),
  );

  it.each([
    ['a tunnel', { host: 'abc123.ngrok-free.app' }],
    ['the network', { host: '192.168.1.5:3000' }],
    ['a page, which needs the token', { host: 'localhost', origin: 'http://evil.example' }],
  ])('accepts a message through %s', async (_, headers) => {
    const body = `${form}&message_id=${crypto.randomUUID()}`;
    const answer = await ask(stack.webhookUrl, {
      method: 'POST',
      headers: { ...FORM, ...headers },
      body,
    });
    expect(answer.status).toBe(200);
    expect(corsHeaders(answer)).toEqual([]);
  });

  it('tells nothing about itself under such a name', async () => {
    const headers = { host: 'abc123.ngrok-free.app' };
    for (const path of ['/', STACK_PATH, LOGS_PATH, '/_console/page.js', '/none']) {
      expect((await ask(stack.url + path, { headers })).status, path).toBe(403);
    }
    expect((await ask(`${stack.url}/sms/wrong`, { method: 'POST', headers })).status).toBe(404);
  });
});
