import { randomUUID } from 'node:crypto';
import { postForm, subscribeQueue } from '../helpers/local-stack.ts';
import { expect, test } from './console-test.ts';
import { goTo, panel, rows, sendSms } from './views.ts';

test('the notification can be copied, and is what subscribers got', async ({
  openPage,
  service,
  onTestFinished,
}) => {
  const queue = await subscribeQueue(service.stack);
  onTestFinished(() => queue.close());
  const text = `To copy ${randomUUID()}`;
  await service.deliver(randomUUID(), text);
  const [notification] = await queue.receive(1);

  const permissions = ['clipboard-read', 'clipboard-write'];
  const page = await openPage(service.stack.url, { permissions });
  await rows(page, text).click();
  const shown = await panel(page, 'Notification');
  await shown.getByRole('button', { name: 'Copy the message' }).click();
  await shown.getByRole('button', { name: 'Copied the message' }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(JSON.parse(copied)).toEqual(JSON.parse(notification?.message ?? ''));
  const attributes = await shown.getByRole('row').allInnerTexts();
  const got = Object.entries(notification?.attributes ?? {});
  expect(attributes.map((row) => row.split(/\s+/).slice(0, 2))).toEqual(
    expect.arrayContaining(got),
  );

  const record = await panel(page, 'Record');
  await record.getByText(`"body": "${text}"`).waitFor();
});

test('a conversation has all messages between two numbers, and no others', async ({
  openPage,
  service,
}) => {
  const run = randomUUID();
  const send = async (from: string, sms_number: string, body: string) => {
    const form = { message_id: randomUUID(), from, sms_number, body: `${body} ${run}` };
    expect((await postForm(service.stack.webhookUrl, form)).status).toBe(200);
  };
  const [customer, shop] = ['+61491570157', '+61491570158'];
  await send(customer, shop, 'First');
  await send(customer, '+61491570159', 'To another');
  await send('+61491570110', shop, 'From another');
  await send(customer, shop, 'Second');

  const page = await openPage(service.stack.url);
  await rows(page, `First ${run}`).click();
  await page.getByRole('link', { name: 'Conversation' }).click();
  const conversation = page.getByRole('article', { name: 'Conversation' });
  await conversation.getByText(`First ${run}`).waitFor();
  const messages = conversation.getByRole('listitem').filter({ hasText: run });
  const texts = (await messages.allInnerTexts()).map((shown) => shown.split(' ')[0]);
  expect(texts).toEqual(['Second', 'First']);
});

test('the form counts as SMS are counted, and shows the request that it made', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  await goTo(page, 'Send');
  const text = page.getByLabel('Text', { exact: true });
  await text.fill('a'.repeat(161));
  await page.getByText('GSM-7 · 161 characters · 2 segments · 145 left in the last').waitFor();
  await text.fill('Bis morgen 👋');
  await page.getByText('UCS-2 · 13 characters · 1 segment').waitFor();

  const id = randomUUID();
  await sendSms(page, { id, from: '+61491570006', text: 'A & B' });
  const sent = page.getByRole('listitem').filter({ hasText: 'A & B' });
  await sent.getByText('Raw request').click();
  const request = (await sent.locator('pre').textContent()) ?? '';
  const [head = '', body] = request.split('\n\n');
  expect(head).toMatch(/^POST \/sms\/test HTTP\/1\.1\n/);
  const form = new URLSearchParams(body);
  expect(Object.fromEntries(form)).toMatchObject({
    from: '+61491570006',
    body: 'A & B',
    message_id: id,
    webhook_url: service.stack.webhookUrl,
  });
});
