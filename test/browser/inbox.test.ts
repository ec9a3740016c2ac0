import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import type { SubscriberMessage } from '../../tools/console/lab-protocol.ts';
import { HIDDEN_MS } from '../../tools/console/page/live.ts';
import { expect, test } from './console-test.ts';
import { goTo, live, panel, published, received, rows, sendSms } from './views.ts';

test('a search finds texts in any case, numbers with spaces, and ids', async ({
  openPage,
  service,
}) => {
  const [first, second] = [randomUUID(), randomUUID()];
  await service.deliver(first, `Two loaves of Rye ${first}`);
  await service.deliver(second, `Nothing of the kind ${second}`);
  const page = await openPage(service.stack.url);
  await rows(page, first).waitFor();
  const search = page.getByRole('searchbox');
  for (const [typed, found, others] of [
    [`loaves of rye ${first.toUpperCase()}`, [first], [second]],
    [second, [second], [first]],
    ['0491 570 006', [first, second], []],
  ] as const) {
    await search.fill(typed);
    for (const id of others) await rows(page, id).waitFor({ state: 'detached' });
    for (const id of found) await rows(page, id).waitFor();
  }
  await search.fill(`nobody wrote ${randomUUID()}`);
  await page.getByText('No message matches').waitFor();
  await page.getByRole('link', { name: 'Clear search and filters' }).click();
  await rows(page, first).waitFor();
});

test('search and filters are in the address, and so outlive a reload and go along in a link', async ({
  openPage,
  service,
}) => {
  const [mine, conflict] = [randomUUID(), randomUUID()];
  await service.deliver(mine, `Filtered ${mine}`);
  await service.deliver(conflict, `Filtered ${conflict}`);
  expect(await service.deliver(conflict, 'Another text')).toBe(409);
  const page = await openPage(service.stack.url);
  await page.getByRole('searchbox').fill('filtered');
  await page.waitForURL(/search=filtered/);
  await page.getByRole('button', { name: 'Filters' }).click();
  await page.getByLabel('State').selectOption('With conflicts');
  await rows(page, conflict).waitFor();
  await rows(page, mine).waitFor({ state: 'detached' });

  await page.reload();
  await rows(page, conflict).waitFor();
  expect(await rows(page, mine).count()).toBe(0);
  expect(await page.getByRole('searchbox').inputValue()).toBe('filtered');
  expect(await page.getByLabel('State').inputValue()).toBe('conflict');
  const elsewhere = await openPage(page.url());
  await rows(elsewhere, conflict).waitFor();
  expect(await rows(elsewhere, mine).count()).toBe(0);

  await page.getByRole('button', { name: 'Clear search and filters' }).click();
  await rows(page, mine).waitFor();
});

test('new messages appear only where they match the filters', async ({ openPage, service }) => {
  const [asked, other] = [`asked-${randomUUID()}`, `other-${randomUUID()}`];
  const filtered = await openPage(`${service.stack.url}/#/?search=${asked}`);
  const whole = await openPage(service.stack.url);
  await filtered.getByText('No message matches').waitFor();
  await live(whole);
  await service.deliver(other, 'Something else');
  await service.deliver(asked, 'Asked for');
  await rows(filtered, 'Asked for').waitFor();
  await rows(whole, 'Something else').waitFor();
  expect(await rows(filtered).count()).toBe(1);
});

test('a message is found, read and replayed by keyboard alone', async ({ openPage, service }) => {
  const ids = [randomUUID(), randomUUID(), randomUUID()];
  for (const id of ids) await service.deliver(id, `By keyboard ${id}`);
  const [oldest = '', , newest = ''] = ids;
  const page = await openPage(service.stack.url);
  await rows(page, newest).waitFor();
  const keys = page.keyboard;
  await keys.press('Tab');
  await expectFocus(page, 'Skip to the content');
  await keys.press('/');
  await expect.poll(() => focused(page)).toMatch(/^Search/);
  await keys.type('By keyboard');
  await keys.press('ArrowDown');
  await expect.poll(() => focused(page)).toBe('Messages');
  await expect.poll(() => rows(page).count()).toBe(3);
  await keys.press('Home');
  await expect.poll(() => activeRow(page)).toContain(newest);
  await keys.press('ArrowDown');
  await keys.press('ArrowDown');
  await expect.poll(() => activeRow(page)).toContain(oldest);
  await keys.press('Enter');
  const article = page.getByRole('article', { name: 'Message' });
  await article.getByText(`By keyboard ${oldest}`).waitFor();

  await keys.press('Escape');
  await article.waitFor({ state: 'detached' });
  await expect.poll(() => focused(page)).toBe('Messages');
  await keys.press('x');
  await keys.press('ArrowUp');
  await keys.press('x');
  await page.getByText('2 selected').waitFor();
  await pressUntilFocus(page, 'Tab', 'Replay 2 messages');
  await keys.press('Enter');
  await page.getByRole('dialog', { name: 'Replay 2 messages?' }).waitFor();
  await pressUntilFocus(page, 'Tab', 'Cancel');
  await pressUntilFocus(page, 'Tab', 'Replay 2 messages');
  await keys.press('Enter');
  await page.getByText('2 messages published again.').waitFor();
});

test('a replayed selection comes to subscribers again, with the attribute replay', async ({
  openPage,
  service,
}) => {
  const ids = [randomUUID(), randomUUID()];
  for (const id of ids) await service.deliver(id, `Once more ${id}`);
  const other = randomUUID();
  await service.deliver(other, `Never again ${other}`);
  const page = await openPage(`${service.stack.url}/#/?search=again`);
  await page.getByRole('searchbox').fill('once more');
  for (const id of ids) await rows(page, id).getByRole('checkbox').click();
  await page.getByRole('button', { name: 'Replay 2 messages' }).click();
  const dialog = page.getByRole('dialog', { name: 'Replay 2 messages?' });
  await dialog.getByRole('button', { name: 'Replay 2 messages' }).click();
  await page.getByText('2 messages published again.').waitFor();

  await goTo(page, 'Subscribers');
  for (const id of ids) await expect.poll(() => received(page, id).count()).toBe(2);
  const all = await service.get<SubscriberMessage[]>('subscriber');
  const replays = all.filter(({ attributes }) => attributes.replay !== undefined);
  const ofThis = replays.filter(({ message_id }) =>
    new Set<string>([...ids, other]).has(message_id),
  );
  expect(ofThis.map(({ message_id }) => message_id).toSorted()).toEqual(ids.toSorted());
  expect(new Set(ofThis.map(({ attributes }) => attributes.replay)).size).toBe(1);
  await goTo(page, 'Inbox');
  await rows(page, ids[0]).click();
  await (await panel(page, 'Timeline')).getByText('A subscriber got it again').waitFor();
});

test('what is sent in one window appears in the other', async ({ openPage, service }) => {
  const reading = await openPage(service.stack.url);
  const sending = await openPage(service.stack.url);
  const text = `From one window to the other ${randomUUID()}`;
  await live(reading);
  await sendSms(sending, { text });
  await published(reading, text);
  await goTo(sending, 'Inbox');
  await published(sending, text);
});

test('a page that nobody sees lets go of the server, and catches up when it is seen', async ({
  openPage,
  service,
}) => {
  const page = await openPage('about:blank');
  await page.clock.install();
  await page.goto(service.stack.url);
  await live(page);
  const letGo = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/events'));
  await setHidden(page, true);
  await page.clock.runFor(HIDDEN_MS);
  await letGo;
  const text = `While nobody looked ${randomUUID()}`;
  await service.deliver(randomUUID(), text);
  await setHidden(page, false);
  await page.clock.resume();
  await published(page, text);
  await live(page);
});

function setHidden(page: Page, isHidden: boolean): Promise<void> {
  return page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, isHidden);
}

/** What has the focus, by its name. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
  });
}

async function expectFocus(page: Page, name: string): Promise<void> {
  expect(await focused(page)).toBe(name);
}

/** The row that the arrow keys are at, as the grid tells a screen reader. */
function activeRow(page: Page): Promise<string> {
  return page.evaluate(() => {
    const id = document.activeElement?.getAttribute('aria-activedescendant') ?? '';
    return document.getElementById(id)?.textContent ?? '';
  });
}

const MOST_STOPS = 40;

async function pressUntilFocus(page: Page, key: string, name: string): Promise<void> {
  const passed: string[] = [];
  while ((await focused(page)) !== name) {
    expect(passed.length, `the focus went to ${passed.join(', ')}`).toBeLessThan(MOST_STOPS);
    await page.keyboard.press(key);
    passed.push(await focused(page));
  }
}
