import { randomUUID } from 'node:crypto';
import { postForm } from '../helpers/local-stack.ts';
import type { ConsoleStack } from '../tools/console/lab/console-stack.ts';
import { expect, test } from './console-test.ts';
import { rows } from './views.ts';

interface Sms {
  readonly from: string;
  readonly sms_number: string;
  readonly body: string;
  readonly timestamp?: string;
}

const SMS: Readonly<Record<'plus' | 'national' | 'name', Sms>> = {
  plus: { from: '+61491570006', sms_number: '+61491570156', body: 'Table for four' },
  national: { from: '0491570110', sms_number: '0491570157', body: 'Table for two' },
  name: { from: 'MyBank', sms_number: '+61491570158', body: 'Your code is 4711' },
};

test.beforeAll(async ({ service }) => {
  for (const sms of Object.values(SMS)) await deliver(service, sms);
});

test('a search finds numbers in any form, parts of them, names in any case, and all of several words', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  for (const [typed, found] of [
    ['0491 570 006', ['plus']],
    ['+61 491 570 110', ['national']],
    ['0491 570 15', ['plus', 'national', 'name']],
    ['two 0491 570', ['national']],
    ['570 006 table', ['plus']],
    ['4711 mybank', ['name']],
    ['TABLE for', ['plus', 'national']],
  ] as const) {
    await page.getByRole('searchbox').fill(typed);
    const bodies = found.map((name) => SMS[name].body).toSorted();
    await expect
      .poll(async () => (await rows(page).locator('.row-body').allInnerTexts()).toSorted())
      .toEqual(bodies);
  }
});

test('From and To find the same, and a conversation is that of its two numbers only', async ({
  openPage,
  service,
}) => {
  const other = { ...SMS.name, from: 'Mybank plus', body: 'Another bank' };
  await deliver(service, other);
  const page = await openPage(service.stack.url);
  await page.getByRole('button', { name: 'Filters' }).click();
  const from = page.getByLabel('From', { exact: true });
  const to = page.getByLabel('To', { exact: true });
  for (const [typed, bodies] of [
    ['0491 570', [SMS.plus.body, SMS.national.body]],
    ['0491570006', [SMS.plus.body]],
    ['570 110', [SMS.national.body]],
    ['bank', [SMS.name.body, other.body]],
    ['BANK plus', [other.body]],
  ] as const) {
    await from.fill(typed);
    await expect.poll(() => rows(page).count()).toBe(bodies.length);
    for (const body of bodies) await rows(page, body).waitFor();
  }
  await from.fill('');
  await to.fill('+61 491 570 157');
  await to.press('Enter');
  await expect.poll(() => rows(page).count()).toBe(1);
  await rows(page, SMS.national.body).waitFor();

  await to.fill('');
  await to.press('Enter');
  await rows(page, SMS.name.body).click();
  await page.getByRole('link', { name: 'Conversation' }).click();
  const conversation = page.getByRole('article', { name: 'Conversation' });
  await conversation.getByText(SMS.name.body).waitFor();
  expect(await conversation.getByText(other.body).count()).toBe(0);
});

test('a double click on a mark selects no word, and a selection leaves Export where it is', async ({
  openPage,
  service,
}) => {
  const body = `Late ${randomUUID()}`;
  const timestamp = String(Math.floor(Date.now() / 1_000) - 65);
  await deliver(service, { ...SMS.plus, body, timestamp });
  const page = await openPage(service.stack.url);
  await rows(page, body)
    .getByText(/^Late 6\d s$/)
    .dblclick();
  await page.getByRole('article', { name: 'Message' }).getByText(body).waitFor();
  expect(await page.evaluate(() => String(getSelection()))).toBe('');
  await rows(page, body).getByRole('checkbox').click();
  await page.getByText('1 selected').waitFor();
  await page.getByRole('button', { name: 'Export all' }).click();
  await page.getByRole('dialog', { name: 'Export messages' }).waitFor();
});

async function deliver({ stack }: ConsoleStack, sms: Sms): Promise<void> {
  const form = { ...sms, message_id: randomUUID() };
  expect((await postForm(stack.webhookUrl, form)).status).toBe(200);
}
