import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { postForm } from '../helpers/local-stack.ts';
import type { ConsoleStack } from '../tools/console/lab/console-stack.ts';
import { expect, subscribedTest, test } from './console-test.ts';
import { published, rows } from './views.ts';

const numbers = { from: '+61491570006', sms_number: '+61491570156' };

/** Posts a message that the PBX received so many seconds ago. */
async function postLate(service: ConsoleStack, body: string, seconds: number): Promise<string> {
  const message_id = randomUUID();
  const timestamp = String(Math.floor(Date.now() / 1_000) - seconds);
  const form = { message_id, ...numbers, body, timestamp };
  expect((await postForm(service.stack.webhookUrl, form)).status).toBe(200);
  return message_id;
}

/** Posts a message that needs two requests. */
async function postTwice(service: ConsoleStack, body: string): Promise<string> {
  const id = randomUUID();
  await service.chaos({ snsDown: true });
  expect(await service.deliver(id, body)).toBe(503);
  await service.chaos({});
  expect(await service.deliver(id, body)).toBe(200);
  return id;
}

async function chooseState(page: Page, state: string): Promise<void> {
  await page.getByRole('button', { name: /^Filters/ }).click();
  await page.getByLabel('State').selectOption(state);
}

test('a published message has no mark; what is late, was retried or replayed has', async ({
  openPage,
  service,
}) => {
  const run = randomUUID();
  const texts = { plain: `Plain ${run}`, late: `Late ${run}`, twice: `Twice ${run}` };
  const page = await openPage(`${service.stack.url}/#/?search=${run}`);
  await service.deliver(randomUUID(), texts.plain);
  await postLate(service, texts.late, 65);
  await published(page, texts.plain);
  expect(await rows(page, texts.plain).locator('.badge').count()).toBe(0);
  await rows(page, texts.late)
    .getByText(/^Late 6\d s$/)
    .waitFor();
  const id = await postTwice(service, texts.twice);
  await rows(page, texts.twice).getByText('2+ requests').waitFor();
  await service.post('replay', { message_ids: [id] });
  await rows(page, texts.twice).getByText('Replayed').waitFor();
});

test('the filters find what was late and what needed retries, and are chips to take away', async ({
  openPage,
  service,
}) => {
  const run = randomUUID();
  const texts = { plain: `Plain ${run}`, late: `Late ${run}`, twice: `Twice ${run}` };
  await service.deliver(randomUUID(), texts.plain);
  await postLate(service, texts.late, 65);
  await postTwice(service, texts.twice);
  const page = await openPage(`${service.stack.url}/#/?search=${run}`);
  await rows(page, texts.plain).waitFor();
  await chooseState(page, 'Late');
  await rows(page, texts.plain).waitFor({ state: 'detached' });
  expect(await rows(page).count()).toBe(1);
  await rows(page, texts.late).waitFor();
  expect(page.url()).toContain('state=late');

  await page.getByLabel('State').selectOption('2+ requests recorded');
  await rows(page, texts.twice).waitFor();
  await rows(page, texts.late).waitFor({ state: 'detached' });
  const chips = page.getByRole('list', { name: 'Active filters' });
  await chips.getByRole('button', { name: 'Remove: 2+ requests recorded' }).click();
  await rows(page, texts.plain).waitFor();
  expect(await page.getByRole('searchbox').inputValue()).toBe(run);
  expect(await chips.count()).toBe(0);
});

test('what a search has found is marked, also a number in another spelling', async ({
  openPage,
  service,
}) => {
  const word = `Rye${randomUUID().slice(0, 8)}`;
  const id = randomUUID();
  await service.deliver(id, `Two loaves of ${word.toUpperCase()}, مرحبا 👨‍👩‍👧`);
  const page = await openPage(`${service.stack.url}/#/?search=${word}`);
  const marked = (area: string) => page.locator(`${area} mark`).allInnerTexts();
  await rows(page, word.toUpperCase()).click();
  await page.getByRole('article', { name: 'Message' }).getByText('Two loaves').waitFor();
  await expect.poll(() => marked('.row')).toEqual([word.toUpperCase()]);
  await expect.poll(() => marked('.message .message-text')).toEqual([word.toUpperCase()]);
  await page.getByRole('searchbox').fill('0491 570 006 مرحبا');
  await expect.poll(() => marked('.row-open')).toEqual(['+61491570006', 'مرحبا']);
});

test('while another search is loaded, what is shown is dimmed', async ({ openPage, service }) => {
  const [one, other] = [`One ${randomUUID()}`, `Other ${randomUUID()}`];
  await service.deliver(randomUUID(), one);
  const page = await openPage(service.stack.url);
  await rows(page, one).waitFor();
  const gate = Promise.withResolvers<void>();
  await page.route(/messages\?.*search=/, async (route) => {
    await gate.promise;
    await route.continue();
  });
  const opacity = () =>
    page.locator('.message-rows').evaluate((list) => getComputedStyle(list).opacity);
  expect(await opacity()).toBe('1');
  await page.getByRole('searchbox').fill(other);
  await expect.poll(opacity).toBe('0.5');
  const list = page.getByRole('region', { name: 'List' });
  expect(await list.getAttribute('aria-busy')).toBe('true');
  expect(await page.locator('.list-progress').count()).toBe(1);
  gate.resolve();
  await page.getByText('No message matches').waitFor();
  expect(await page.locator('.list-progress').count()).toBe(0);
});

test('where no subscriber is known, nothing asks for what one lacks', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  await page.getByRole('button', { name: /^Filters/ }).click();
  await page.getByLabel('State').waitFor();
  expect(await page.getByLabel('Undelivered to').count()).toBe(0);
});

subscribedTest(
  'what a subscriber lacks is marked and found',
  async ({ openPage, service, subscribed }) => {
    const run = randomUUID();
    const page = await openPage(`${service.stack.url}/#/?search=${run}`);
    await page.getByRole('button', { name: /^Filters/ }).click();
    const options = page.getByLabel('Undelivered to').getByRole('option');
    expect(await options.allInnerTexts()).toEqual(['Any', 'chat', 'crm', 'team']);
    await service.deliver(randomUUID(), `Delivered ${run}`);
    await rows(page, `Delivered ${run}`).click();
    await page.getByText(/crm: delivered/).waitFor();
    subscribed.answer(500);
    await service.deliver(randomUUID(), `Lacking ${run}`);
    await page.getByLabel('Undelivered to').selectOption('crm');
    const row = rows(page, `Lacking ${run}`);
    await row.getByText('Undelivered').waitFor();
    await rows(page, `Delivered ${run}`).waitFor({ state: 'detached' });
    expect(await row.locator('.badge-bad').getAttribute('title')).toContain('crm');
    await row.click();
    await page.getByText(/Not delivered to crm: failing \(500\)/).waitFor();
  },
);
