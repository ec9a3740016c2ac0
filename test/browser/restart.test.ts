import { randomUUID } from 'node:crypto';
import type { LocalStack, LocalStackOptions } from '../../tools/local/stack.ts';
import { postForm, startTestStack } from '../helpers/local-stack.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';
import { expect, test } from './console-test.ts';
import { live, published, rows } from './views.ts';

/** What a browser says of a server that is away. */
const AWAY = /net::ERR_/;

test('a page outlives a restart of the server: nothing is missing, nothing is there twice', async ({
  openPage,
  guard,
  onTestFinished,
}) => {
  guard.allow(AWAY);
  let stack: LocalStack | undefined;
  onTestFinished(() => stack?.close());
  const start = async (options: LocalStackOptions) => {
    stack = await startTestStack({ console: true, ...options });
    return stack;
  };
  const deliver = async (text: string) => {
    const form = { from: '+61491570006', sms_number: '+61491570156', body: text };
    const message_id = randomUUID();
    const answer = await postForm(stack?.webhookUrl ?? '', { ...form, message_id });
    expect(answer.status).toBe(200);
  };

  const dataDir = await temporaryDir();
  const first = await start({ dataDir });
  const page = await openPage(first.url);
  await deliver('Before one');
  await deliver('Before two');
  await expect.poll(() => rows(page, 'Before').count()).toBe(2);
  await first.close();
  await page.getByText('Reconnecting…').waitFor();
  await page.getByText('The console’s server does not answer.').waitFor();
  expect(await rows(page, 'Before').count()).toBe(2);

  const ports = { http: Number(new URL(first.url).port) };
  const second = await start({ dataDir, ports });
  await deliver('Meanwhile');
  await live(page);
  await published(page, 'Meanwhile');
  await deliver('Afterwards');
  await published(page, 'Afterwards');
  expect(await rows(page).count()).toBe(4);
  await second.close();
  await page.getByText('Reconnecting…').waitFor();

  await start({ ports });
  await live(page);
  await page.getByText('No messages yet').waitFor();
  await deliver('Anew');
  await rows(page, 'Anew').waitFor();
  expect(await rows(page).count()).toBe(1);
});
