import { randomUUID } from 'node:crypto';
import type { Locator, Page } from 'playwright-core';
import { postForm } from '../helpers/local-stack.ts';
import type { ConsoleStack } from '../tools/console/lab/console-stack.ts';
import { expect, test } from './console-test.ts';
import { live, rows } from './views.ts';

/** The newest first, as the list has them. */
const TEXTS = ['Fourth of them', 'Third of them', 'Second of them', 'First of them'] as const;
const [FOURTH, THIRD, SECOND, FIRST] = TEXTS;
const CONTROL: Parameters<Locator['click']>[0] = { modifiers: ['ControlOrMeta'] };
const MIDDLE: typeof CONTROL = { button: 'middle' };
const PHONE = { viewport: { width: 360, height: 720 } };

test.beforeAll(async ({ service }) => {
  for (const text of TEXTS.toReversed()) await deliver(service, text, 'MyShop');
});

test('a row is a link, which opens in another tab with Ctrl or the middle button', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  const link = rows(page, THIRD).getByRole('link');
  await link.waitFor();
  for (const how of [CONTROL, MIDDLE]) {
    const opening = page.context().waitForEvent('page');
    await link.click(how);
    const tab = await opening;
    await detail(tab).getByText(THIRD).waitFor();
    expect(await detail(page).count()).toBe(0);
    await tab.close();
  }
  await link.click();
  await detail(page).getByText(THIRD).waitFor();
});

test('a double click opens a message, and a text of a row can be selected', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  await rows(page, SECOND).dblclick();
  await detail(page).getByText(SECOND).waitFor();
  await rows(page, SECOND).dblclick();
  await detail(page).getByText(SECOND).waitFor();

  await page.goto(service.stack.url);
  await live(page);
  const box = await rows(page, FIRST).locator('.row-body .safe-text').boundingBox();
  if (!box) throw new Error('The row has no text.');
  const middle = box.y + box.height / 2;
  await page.mouse.move(box.x + 1, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, middle);
  await page.mouse.move(box.x + box.width - 1, middle);
  await page.mouse.up();
  await expect.poll(() => page.evaluate(() => getSelection()?.toString())).toContain('First');
  expect(new URL(page.url()).hash).toBe('');
  await rows(page, FIRST).click();
  await detail(page).getByText(FIRST).waitFor();
});

test('j, k and the arrow keys go through the messages, and the detail follows', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  await rows(page, FOURTH).waitFor();
  const keys = page.keyboard;
  for (const [key, text] of [
    ['j', FOURTH],
    ['j', THIRD],
    ['j', SECOND],
    ['k', THIRD],
  ] as const) {
    await keys.press(key);
    await expectOpen(page, text);
  }
  await page.getByRole('tab', { name: 'Record' }).click();
  await keys.press('j');
  await expectOpen(page, SECOND);
  expect(await page.getByRole('tab', { name: 'Record' }).getAttribute('aria-selected')).toBe(
    'true',
  );
  // One step of the history for all of them.
  await page.goBack();
  await detail(page).waitFor({ state: 'detached' });

  await rows(page, FOURTH).click();
  await keys.press('ArrowDown');
  await expectOpen(page, THIRD);
  // Held down, they open the last one only.
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp']) void keys.press(key);
  await expectOpen(page, SECOND);
  expect(asked.filter((url) => url.includes('/messages/')).length).toBeLessThan(3);
});

test('after j the other keys go on in the list, and x works in what is open as well', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  await rows(page, FOURTH).waitFor();
  const keys = page.keyboard;
  const selected = (count: number) => page.getByText(`${count} selected`).waitFor();
  await keys.press('j');
  await keys.press('j');
  await expectOpen(page, THIRD);
  await keys.press('x');
  await selected(1);
  await keys.press('End');
  await expectOpen(page, FIRST);
  await keys.press('Space');
  await selected(2);
  await keys.press('Home');
  await expectOpen(page, FOURTH);
  await keys.press('Control+a');
  await selected(TEXTS.length);
  expect(await page.evaluate(() => getSelection()?.toString())).toBe('');
  await keys.press('j');
  await keys.press('Enter');
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('detail-heading');
  await keys.press('x');
  await selected(TEXTS.length - 1);
});

test('the detail leads to the previous and the next message, on a phone as well', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url, PHONE);
  await rows(page, FOURTH).click();
  const previous = page.getByRole('button', { name: 'Previous message' });
  const next = page.getByRole('button', { name: 'Next message' });
  await expectOpen(page, FOURTH);
  expect(await previous.getAttribute('aria-disabled')).toBe('true');
  await next.click();
  await expectOpen(page, THIRD);
  await page.keyboard.press('Enter');
  await expectOpen(page, SECOND);
  await previous.click();
  await expectOpen(page, THIRD);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expectOpen(page, FIRST);
  expect(await next.getAttribute('aria-disabled')).toBe('true');
});

test('Enter opens what a search finds, if it is one message', async ({ openPage, service }) => {
  const page = await openPage(service.stack.url);
  const search = page.getByRole('searchbox');
  await rows(page, FOURTH).waitFor();
  await search.fill('of them');
  await search.press('Enter');
  await expect.poll(() => rows(page).count()).toBe(TEXTS.length);
  expect(await detail(page).count()).toBe(0);
  // At once, before the search has begun by itself.
  await search.fill('second');
  await search.press('Enter');
  await expectOpen(page, SECOND);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('MyShop');
});

test('a question mark lists the keys, but not in a text', async ({ openPage, service }) => {
  const page = await openPage(`${service.stack.url}/#/activity`);
  await live(page);
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keys' });
  for (const [place, what] of [
    ['In the inbox', 'select for a replay'],
    ['In its list', 'first and last message'],
    ['In the form of the PBX', 'send the message'],
    ['Everywhere', 'all keys'],
  ] as const) {
    const heading = page.getByRole('heading', { name: place });
    await dialog.locator('section').filter({ has: heading }).getByText(what).waitFor();
  }
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.goto(`${service.stack.url}/#/`);
  await page.getByRole('searchbox').press('?');
  expect(await page.getByRole('searchbox').inputValue()).toBe('?');
  expect(await dialog.count()).toBe(0);
});

test('the title of the tab names the sender', async ({ openPage, service }) => {
  const sender = 'Ev\u202eil';
  const id = await deliver(service, 'From a strange name', sender);
  const page = await openPage(`${service.stack.url}/#/messages/${id}`);
  await expect.poll(() => page.title()).toMatch(/^EvU\+202Eil · /);
  await page.getByRole('link', { name: 'Conversation' }).click();
  await expect.poll(() => page.title()).toMatch(/^EvU\+202Eil → \+61491570156 · /);
});

test('on a phone the marks of a row leave room for its text', async ({ openPage, service }) => {
  const { stack } = service;
  const message_id = randomUUID();
  const timestamp = String(Math.floor(Date.now() / 1_000) - 98);
  const form = { from: '+61491570006', sms_number: '+61491570156', message_id, timestamp };
  const post = (body: string) => postForm(stack.webhookUrl, { ...form, body });
  const text = 'In trouble of every kind, and to be read all the same';
  await service.chaos({ snsDown: true });
  await post(text);
  await service.chaos({});
  for (const body of [text, 'Another text']) await post(body);
  await service.post('replay', { message_ids: [message_id] });
  const page = await openPage(stack.url, PHONE);
  const row = rows(page, text);
  await row.getByText('Conflict').waitFor();
  const marks = row.locator('.badge');
  await expect
    .poll(() => marks.allTextContents())
    .toEqual(['Conflict', expect.stringMatching(/^Late /), 'Replayed', '2+ requests']);
  expect(await marks.filter({ visible: true }).allInnerTexts()).toEqual([
    'Conflict',
    expect.stringMatching(/^Late /),
  ]);
  const box = await row.locator('.row-body').boundingBox();
  expect(box?.width).toBeGreaterThan(80);
});

function detail(page: Page): Locator {
  return page.getByRole('article', { name: 'Message' });
}

/** Its text is shown, and its timeline or another panel. */
async function expectOpen(page: Page, text: string): Promise<void> {
  await detail(page).locator('.message-text').getByText(text).waitFor();
  await detail(page).getByRole('tabpanel').waitFor();
}

async function deliver({ stack }: ConsoleStack, body: string, from: string): Promise<string> {
  const message_id = randomUUID();
  const form = { from, sms_number: '+61491570156', body, message_id };
  expect((await postForm(stack.webhookUrl, form)).status).toBe(200);
  return message_id;
}
