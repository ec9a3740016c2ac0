import { randomUUID } from 'node:crypto';
import type { Locator, Page } from 'playwright-core';
import type { SubscriberMessage } from '../../tools/console/lab-protocol.ts';
import type { ReplayRun } from '../../tools/console/protocol.ts';
import { expect, test } from './console-test.ts';
import { goTo, live, rows } from './views.ts';

/** What is at the end of every text of this test. */
const mark = randomUUID().slice(0, 8);
const BREAD = ['Rye', 'Wheat', 'Spelt', 'Oat'].map((kind) => `${kind} bread ${mark}`);
const CAKE = ['Plum', 'Apple'].map((kind) => `${kind} cake ${mark}`);

test.beforeAll(async ({ service }) => {
  for (const text of [...BREAD, ...CAKE]) await service.deliver(randomUUID(), text);
});

test('a replay publishes only what is seen: another search lets go what it does not find', async ({
  openPage,
  service,
}) => {
  const page = await openPage(`${service.stack.url}/#/?search=${mark}`);
  await tick(page, BREAD);
  await page.getByRole('button', { name: 'Replay 4 messages' }).waitFor();
  await page.getByRole('searchbox').fill(`cake ${mark}`);
  await expect.poll(() => rows(page).count()).toBe(CAKE.length);
  await page.getByRole('button', { name: /^Replay/ }).waitFor({ state: 'detached' });
  expect(await page.getByText(/\d selected/).count()).toBe(0);

  await page.getByRole('searchbox').fill(mark);
  await expect.poll(() => rows(page).count()).toBe(BREAD.length + CAKE.length);
  expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(0);

  // What is found by the next search as well stays.
  await tick(page, [BREAD[0] ?? '', CAKE[0] ?? '']);
  await page.getByRole('searchbox').fill(`cake ${mark}`);
  await page.getByRole('button', { name: 'Replay 1 message' }).waitFor();
  expect(await rows(page, CAKE[0]).getByRole('checkbox').isChecked()).toBe(true);
});

test('the dialog lists the messages, and the notice leads to what was published', async ({
  openPage,
  service,
}) => {
  const page = await openPage(`${service.stack.url}/#/?search=${mark}`);
  const chosen = BREAD.slice(1, 3);
  await tick(page, chosen);
  await page.getByRole('button', { name: 'Replay 2 messages' }).click();
  const dialog = page.getByRole('dialog', { name: 'Replay 2 messages?' });
  const lines = dialog.getByRole('listitem');
  expect(await lines.count()).toBe(2);
  for (const text of chosen) {
    const line = lines.filter({ hasText: text });
    expect(await line.textContent()).toContain('+61491570006');
    expect(await line.locator('time').textContent()).toMatch(/^\d\d:\d\d:\d\d$/);
  }
  await dialog.getByRole('button', { name: 'Replay 2 messages' }).click();
  const notice = page.getByText('2 messages published again.');
  await notice.getByRole('link', { name: 'Show them' }).click();
  await expect.poll(() => rows(page).count()).toBe(2);
  for (const text of chosen) await rows(page, text).waitFor();
  await notice.waitFor({ state: 'detached' });

  const run = new URLSearchParams(page.url().split('?')[1]).get('replay');
  await page.getByText(`Published again by replay ${run}`).waitFor();
  const sent = await service.get<SubscriberMessage[]>('subscriber');
  expect(sent.filter(({ attributes }) => attributes.replay === run)).toHaveLength(2);
  // What comes in was in no replay.
  const later = `Later bread ${mark}`;
  await service.deliver(randomUUID(), later);
  await page.reload();
  await expect.poll(() => rows(page).count()).toBe(2);
  await page.getByRole('button', { name: /^Remove: Published again by replay/ }).click();
  await rows(page, later).waitFor();
});

test('a message that is open is replayed by itself, and the dialog keeps what it asked', async ({
  openPage,
  service,
}) => {
  const page = await openPage(`${service.stack.url}/#/?search=${mark}`);
  const text = CAKE[1] ?? '';
  await rows(page, text).click();
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Replay 1 message?' });
  await dialog.getByRole('listitem').filter({ hasText: text }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  await dialog.getByRole('button', { name: 'Replay 1 message' }).click();
  await page.getByRole('link', { name: 'Show it' }).click();
  await expect.poll(() => rows(page).count()).toBe(1);
  await goTo(page, 'Subscribers');
});

test('a replay whose page is closed runs to its end, and is found again', async ({
  openPage,
  service,
}) => {
  const many = randomUUID().slice(0, 8);
  const COUNT = 30;
  for (let n = 0; n < COUNT; n++) await service.deliver(randomUUID(), `Roll ${n} ${many}`);
  const other = await openPage(service.stack.url);
  await live(other);
  const page = await openPage(`${service.stack.url}/#/?search=${many}`);
  await expect.poll(() => rows(page).count()).toBeGreaterThan(10);
  await page.getByRole('grid', { name: 'Messages' }).focus();
  await page.keyboard.press('Control+a');
  await page.getByRole('button', { name: `Replay ${COUNT} messages` }).click();
  const runs = () => service.get<ReplayRun[]>('replays');
  const before = (await runs()).length;
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: `Replay ${COUNT} messages` }).click();
  await expect.poll(async () => (await runs()).length).toBe(before + 1);
  await page.goto('about:blank');

  const notice = other.getByText(`${COUNT} messages published again.`);
  await notice.waitFor();
  const [run] = await runs();
  expect(run).toMatchObject({ messages: COUNT, published: COUNT, isUnderWay: false });
  await page.goto(`${service.stack.url}/`);
  await page.getByRole('button', { name: /^Filters/ }).click();
  const choice = page.getByLabel('Published again by');
  await choice.selectOption({ label: await latestOf(choice) });
  await page.waitForURL(new RegExp(`replay=${run?.replay}`));
  await rows(page, many).first().waitFor();
  await page.getByText(`${COUNT} messages`, { exact: true }).first().waitFor();
});

/** What the latest replay is called. */
async function latestOf(choice: Locator): Promise<string> {
  const option = choice.getByRole('option').nth(1);
  await option.waitFor({ state: 'attached' });
  const text = (await option.textContent()) ?? '';
  expect(text).toMatch(/^\d\d:\d\d:\d\d, 30 messages$/);
  return text;
}

async function tick(page: Page, texts: readonly string[]): Promise<void> {
  for (const text of texts) await rows(page, text).getByRole('checkbox').click();
}
