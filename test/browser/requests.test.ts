import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Locator, Page } from 'playwright-core';
import { describe } from 'vitest';
import { DynamoDBQuarantineStore } from '../../lib/aws/quarantine-store.ts';
import { clientOf } from '../../tools/local/aws.ts';
import { someRefusedRequest } from '../fixtures/quarantine.ts';
import { postForm } from '../helpers/local-stack.ts';
import type { ConsoleStack } from '../tools/console/lab/console-stack.ts';
import { expect, test } from './console-test.ts';
import { startConsole } from './deployed-console.ts';
import { goTo, live, rows } from './views.ts';

/** What a browser says of a message that is not there. */
const NOT_FOUND = /404 \(Not Found\)/;

/** Posts a form without a text, as often as it is told to. */
async function refuse(service: ConsoleStack, message_id: string, times = 1): Promise<void> {
  for (let time = 0; time < times; time++) {
    const form = { message_id, from: '+61491570006', sms_number: '+61491570156' };
    expect((await postForm(service.stack.webhookUrl, form)).status).toBe(400);
  }
}

/** The refused requests in the list with this text. */
const refused = (page: Page, text: string | RegExp): Locator =>
  page.getByRole('region', { name: 'Requests' }).getByRole('link').filter({ hasText: text });

// First, while no message is stored.
test('an empty inbox says what was refused, and the number grows', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  await page.getByText('No messages yet').waitFor();
  expect(await page.getByText(/refused/).count()).toBe(0);
  await refuse(service, randomUUID());
  await page.getByText('1 request was refused: body is missing').waitFor();
  await refuse(service, randomUUID());
  await page.getByText('2 requests were refused: body is missing').waitFor();
  await page.getByRole('link', { name: '2 requests were refused' }).click();
  await page.getByRole('heading', { name: 'Refused requests' }).waitFor();
});

describe.each(['local', 'deployed'])('the %s console', (kind) => {
  const opened = async (service: ConsoleStack) =>
    kind === 'local' ? service.stack.url : (await startConsole(`--local=${service.stack.url}`)).url;

  test('lists refused requests live, one row for all attempts, and opens what is known', async ({
    openPage,
    service,
  }) => {
    const [first, second] = [randomUUID(), randomUUID()];
    await refuse(service, first, 3);
    const page = await openPage(await opened(service));
    await live(page);
    await goTo(page, 'Refused');
    await refused(page, first).getByText('3 attempts').waitFor();
    await refuse(service, second);
    const row = refused(page, second);
    await row.getByText('1 attempt').waitFor();
    expect(await row.textContent()).toMatch(/400.*Form has faults.*body is missing/);
    // The newest first.
    const ids = await refused(page, /body is missing/).allTextContents();
    expect(ids.findIndex((text) => text.includes(second))).toBe(0);

    await refuse(service, second);
    await row.getByText('2 attempts').waitFor();
    expect(await row.count()).toBe(1);
    await row.focus();
    await page.keyboard.press('Enter');
    const attempts = page.getByRole('list', { name: 'Attempts' }).getByRole('listitem');
    await expect.poll(() => attempts.count()).toBe(2);
    await page.getByText('It is kept, and you can accept it.').waitFor();
    const accept = page.getByRole('figure').filter({ hasText: 'quarantine accept' });
    const place = `--local=${service.stack.url}`;
    expect(await accept.locator('pre').textContent()).toMatch(
      new RegExp(`^bin/inbound-sms quarantine accept [0-9a-f]{12} --set body=VALUE ${place}$`),
    );
    await page.reload();
    await expect.poll(() => attempts.count()).toBe(2);
  });

  test('filters by reason in the address, and has what is never kept', async ({
    openPage,
    service,
  }) => {
    const id = randomUUID();
    await refuse(service, id);
    const wrong = service.stack.webhookUrl.replace(/[^/]+$/, 'a-wrong-token');
    expect((await postForm(wrong, { message_id: randomUUID() })).status).toBe(404);
    const page = await openPage(await opened(service));
    await live(page);
    await goTo(page, 'Refused');
    await refused(page, id).waitFor();
    await page.getByLabel('Reason').selectOption('Wrong token');
    await refused(page, id).waitFor({ state: 'detached' });
    await page.waitForURL(/reason=unknown-token/);
    await refused(page, '404').first().click();
    await page.getByText('A request with this reason is never kept.').waitFor();
    await page.reload();
    await refused(page, '404').first().waitFor();
    expect(await page.getByLabel('Reason').inputValue()).toBe('unknown-token');
    expect(await refused(page, id).count()).toBe(0);
  });

  test('leads from a search in the inbox to what was refused, by id or number', async ({
    openPage,
    service,
  }) => {
    const [id, other] = [`bad-${randomUUID()}`, `bad-${randomUUID()}`];
    await refuse(service, id);
    await refuse(service, other);
    const page = await openPage(await opened(service));
    await live(page);
    await page.getByRole('searchbox').fill(id);
    await page.getByText('No message matches').waitFor();
    await page.getByRole('link', { name: 'Search the refused requests' }).click();
    const row = refused(page, id);
    await row.waitFor();
    expect(await row.textContent()).toContain('+61491570006');
    expect(await row.locator('mark').allTextContents()).toEqual([id]);
    expect(await refused(page, other).count()).toBe(0);

    const search = page.getByRole('searchbox', { name: 'Search numbers and ids' });
    expect(await search.inputValue()).toBe(id);
    await search.fill('0491 570 006');
    await refused(page, other).waitFor();
    expect(await search.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.waitForURL(/search=0491/);
    await search.fill('0491 570 999');
    await page.getByText('No refused request matches').waitFor();
  });

  test('says of the id of a refused message that it was refused, and why', async ({
    openPage,
    service,
    guard,
  }) => {
    guard.allow(NOT_FOUND);
    const id = randomUUID();
    const url = new URL(await opened(service));
    const page = await openPage(url.href);
    await live(page);
    await page.evaluate((hash) => {
      location.hash = hash;
    }, `#/messages/${id}`);
    await page.getByText('There is no such message').waitFor();
    await refuse(service, id);
    await page.getByText('This message was refused').waitFor();
    await page.getByText('Form has faults: body is missing').waitFor();
    await page.getByRole('link', { name: 'What to do about it' }).click();
    await page.getByText('quarantine show').waitFor();
    expect(await refused(page, id).count()).toBe(1);
  });
});

test('a message whose id was reused leads to the refused requests', async ({
  openPage,
  service,
}) => {
  const id = randomUUID();
  await service.deliver(id, `First ${id}`);
  for (const text of ['Another', 'Another', 'A third']) await service.deliver(id, text);
  const page = await openPage(service.stack.url);
  await rows(page, id).click();
  await page.getByRole('link', { name: 'Show what was refused under its id' }).click();
  await expect.poll(() => refused(page, id).count()).toBe(2);
  await refused(page, '2 attempts').click();
  await page.getByText('Another message with this id is stored').waitFor();
  await page.getByRole('link', { name: 'Open the stored message' }).click();
  await page.getByRole('article').getByText(`First ${id}`).waitFor();
});

describe('a refused message behind many newer ones', () => {
  const id = randomUUID();
  const old = { message_id: id, from: '+61491570006', sms_number: '+61491570156' };

  test.beforeAll(async ({ service }) => {
    const { stack } = service;
    using opened = new DisposableStack();
    const client = opened.adopt(new DynamoDBClient(clientOf(stack.dynamodbEndpoint)), (each) =>
      each.destroy(),
    );
    const store = new DynamoDBQuarantineStore(client, stack.tableName);
    const begin = Date.now() - 3_600_000;
    const expires_at = Math.ceil(Date.now() / 1_000) + 3_600;
    const keep = (n: number, sent_message_id: string) => {
      const quarantine_id = n.toString(16).padStart(32, '0');
      const request = someRefusedRequest({ quarantine_id, reason: 'invalid', sent_message_id });
      return store.keep(request, { request_id: `${n}`, at: begin + n, expires_at });
    };
    await keep(0, old.message_id);
    for (let n = 1; n <= 520; n += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => keep(n + i, `newer-${n + i}`)));
    }
  });

  test('is found by its address', async ({ openPage, service, guard }) => {
    guard.allow(NOT_FOUND);
    const page = await openPage(`${service.stack.url}/#/messages/${id}`);
    await page.getByText('This message was refused').waitFor();
    await page.getByRole('link', { name: 'What to do about it' }).click();
    await page.getByText('quarantine show').waitFor();
    await expect.poll(() => refused(page, id).count()).toBe(1);
  });

  test('stays in the list when others are refused, and the keyboard stays at the search', async ({
    openPage,
    service,
  }) => {
    const page = await openPage(`${service.stack.url}/#/requests?since=2026-01-01T00:00:00Z`);
    const button = page.getByRole('button', { name: 'Search older' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByText(/^First 100 loaded/).waitFor();
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
    await refuse(service, randomUUID());
    await page.getByText(/^First 101 loaded/).waitFor();
  });
});

test('the bars of refused requests lead to them', async ({ openPage, service }) => {
  const id = randomUUID();
  await refuse(service, id);
  const page = await openPage(service.stack.url);
  await live(page);
  await goTo(page, 'Activity');
  const card = page.getByRole('region', { name: 'Outcomes' }).first();
  await card.getByRole('link', { name: /^Refused \d+/ }).click();
  await page.waitForURL(/#\/requests\?since=.*until=/);
  await refused(page, id).waitFor();

  await page.goBack();
  await card.getByText('Show as table').click();
  await card.getByRole('row').nth(1).getByRole('link').first().click();
  await page.waitForURL(/#\/requests\?.*since=.*until=/);

  await page.goBack();
  const over = card.locator('.u-over');
  const box = await over.boundingBox();
  if (!box) throw new Error('The plot is not drawn');
  // The bar has moved to the left since: a step takes five seconds.
  for (let fromRight = 4; fromRight < box.width / 2; fromRight += 8) {
    await over.click({ position: { x: box.width - fromRight, y: box.height / 2 } });
    if (page.url().includes('#/requests')) break;
  }
  expect(page.url()).toContain('#/requests');
});
