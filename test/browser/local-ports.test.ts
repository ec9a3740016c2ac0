import { randomUUID } from 'node:crypto';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../../tools/bench/browser/launch.ts';
import { clientOf } from '../../tools/local/aws.ts';
import { postForm, startTestStack } from '../helpers/local-stack.ts';
import { openedPorts } from '../helpers/opened-ports.ts';
import { frame, REFUSED, startNeighbour } from './attacks.ts';
import { test as base, expect } from './console-test.ts';
import { startConsole } from './deployed-console.ts';

const PATHS = ['/', '/_stack', '/_logs/', '/_console/api/messages', '/_console/api/events'];
const SECRET = `A text that nobody else may read: ${randomUUID()}`;

/** A local stack with a message in it, and every port that it has opened. */
const test = base
  // biome-ignore lint/correctness/noEmptyPattern: a fixture says what it needs: nothing
  .extend('opened', { scope: 'file' }, async ({}, { onCleanup }) => {
    const { started: stack, ports } = await openedPorts(() => startTestStack({ console: true }));
    onCleanup(() => stack.close());
    const form = { from: '+61491570006', sms_number: '+61491570156', body: SECRET };
    await postForm(stack.webhookUrl, { ...form, message_id: randomUUID() });
    return { stack, ports };
  });

const placesAt = (host: string, ports: readonly number[]) =>
  ports.flatMap((port) => PATHS.map((path) => `http://${host}:${port}${path}`));

/** All that a page can read of these places, in each way that a browser sends a request. */
function readAll(page: Page, places: readonly string[]): Promise<string[]> {
  return page.evaluate(async (urls) => {
    const scan = JSON.stringify({ TableName: 'inbound-sms-local-MessagesTable' });
    const amz = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.Scan',
    };
    const ways: RequestInit[] = [
      {},
      { credentials: 'include' },
      { method: 'POST', body: 'text' },
      { method: 'POST', body: new URLSearchParams({ Action: 'ListTopics' }) },
      { method: 'POST', body: scan, headers: amz },
      { method: 'OPTIONS' },
    ];
    const asked = urls.flatMap((url) =>
      ways.map(async (way) => {
        const answer = await fetch(url, { ...way, signal: AbortSignal.timeout(10_000) });
        return `${url} ${answer.status} ${await answer.text()}`;
      }),
    );
    const read = await Promise.allSettled(asked);
    return read.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  }, places);
}

/** Whether a page can have the emulator of SNS create a topic: a form, which needs no permission. */
async function createTopic(page: Page, endpoint: string): Promise<void> {
  await page.evaluate(async (url) => {
    const body = new URLSearchParams({
      Action: 'CreateTopic',
      Name: 'from-a-web-page',
      Version: '2010-03-31',
    });
    await fetch(url, { method: 'POST', mode: 'no-cors', body }).catch(() => {});
  }, endpoint);
}

async function topicsAt(endpoint: string): Promise<string> {
  const sns = new SNSClient(clientOf(endpoint));
  const { Topics } = await sns.send(new ListTopicsCommand({}));
  sns.destroy();
  return JSON.stringify(Topics);
}

test.for(['localhost', '127.0.0.1'])(
  'a page of another origin, at %s, can read nothing from any port of the local stack',
  async (host, { openPage, opened: { stack, ports }, guard, onTestFinished }) => {
    guard.allow(REFUSED);
    const neighbour = await startNeighbour();
    onTestFinished(() => neighbour[Symbol.asyncDispose]());
    const page = await openPage(`http://${host}:${neighbour.port}/`);
    const places = [...placesAt('localhost', ports), ...placesAt('127.0.0.1', ports)];
    expect(await readAll(page, places)).toEqual([]);

    await createTopic(page, `${stack.snsEndpoint}/`);
    const topics = await topicsAt(stack.snsEndpoint);
    expect(topics).toContain(stack.topicArn);
    expect(topics).not.toContain('from-a-web-page');

    await frame(page, `${stack.url}/_stack`);
    await frame(page, `${stack.dynamodbEndpoint}/`);
    const documents = await page.evaluate(() =>
      [...document.querySelectorAll('iframe')].map(({ contentDocument }) => contentDocument),
    );
    expect(documents).toEqual([null, null]);
  },
);

test('another name for 127.0.0.1 leads to no port of the local stack or of a console', async ({
  opened: { stack, ports },
  onTestFinished,
}) => {
  const alias = 'rebound.example';
  const { browser, ...launched } = await launchBrowser(process.env, alias);
  onTestFinished(() => launched[Symbol.asyncDispose]());
  const deployed = new URL((await startConsole(`--local=${stack.url}`)).url);
  const page = await browser.newPage();
  for (const port of [...ports, Number(deployed.port)]) {
    const answer = await page.goto(`http://${alias}:${port}/`);
    expect(answer?.status(), String(port)).toBe(403);
    expect(await page.content()).toContain('localhost');
    const read = await readAll(page, placesAt(alias, [port]));
    // The page's own origin: everything can be read, and there is nothing to read.
    expect(read.length).toBeGreaterThan(PATHS.length);
    for (const text of read) {
      // A console has nothing but its page and its API.
      expect(text).toMatch(/ 403 | 404 The console is at/);
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(new URL(stack.webhookUrl).pathname);
    }
  }
});
