import type { Locator, Page } from 'playwright-core';

/** The views that the navigation leads to. */
export type ViewName = 'Inbox' | 'Send' | 'Chaos' | 'Subscribers' | 'Refused' | 'Activity';

/** Goes there as a person does. */
export async function goTo(page: Page, view: ViewName): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: view }).click();
  await page
    .getByRole('heading', { level: 1, name: view, includeHidden: true })
    .waitFor({ state: 'attached' });
}

/** Until the server is there, or there again. */
export function live(page: Page): Promise<void> {
  return page.getByText('Live', { exact: true }).waitFor({ state: 'attached' });
}

export interface TypedSms {
  readonly from?: string;
  readonly to?: string;
  readonly text: string;
  readonly id?: string;
  readonly copies?: 10;
  readonly betweenAttemptsMs?: number;
}

/** Has the simulated PBX send: fills in its form, and sends it. */
export async function sendSms(page: Page, sms: TypedSms): Promise<void> {
  await goTo(page, 'Send');
  const { from, to, text, id = '', copies, betweenAttemptsMs = 1_000 } = sms;
  if (from !== undefined) await page.getByLabel('From', { exact: true }).fill(from);
  if (to !== undefined) await page.getByLabel('To', { exact: true }).fill(to);
  await page.getByLabel('Text', { exact: true }).fill(text);
  await page.getByLabel('Message id').fill(id);
  await page.getByLabel('Between attempts').fill(String(betweenAttemptsMs));
  await page
    .getByRole('group', { name: 'Copies' })
    .getByRole('radio', { name: copies === 10 ? '10 times at once' : 'Once', exact: true })
    .check();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByText(/posts? under way/).waitFor();
}

/** What the simulated PBX says of a message that it has sent. */
export function delivery(page: Page, text: string): Locator {
  const request = page.getByText('Raw request');
  return page.getByRole('listitem').filter({ has: request, hasText: text });
}

/** The messages in the list that have this text; without it, all that are seen. */
export function rows(page: Page, text?: string): Locator {
  const all = page.getByRole('grid', { name: 'Messages' }).getByRole('row');
  return text === undefined ? all : all.filter({ hasText: text });
}

/** Until a message of the list is published: then it has no mark. */
export function published(page: Page, text: string): Promise<void> {
  return rows(page, text)
    .filter({ hasNotText: /Pending/ })
    .waitFor();
}

/** A message's panel of that name, opened. */
export async function panel(
  page: Page,
  name: 'Timeline' | 'Notification' | 'Record',
): Promise<Locator> {
  await page.getByRole('tab', { name }).click();
  return page.getByRole('tabpanel', { name });
}

/** What is said of a subscriber in the view of subscribers. */
export function subscriber(page: Page, name: string): Locator {
  const heading = page.getByRole('heading', { name: new RegExp(`^${name}\\b`) });
  return page.getByRole('listitem').filter({ has: heading });
}

/** What the queue of the local stack got of a text. */
export function received(page: Page, text: string): Locator {
  return page
    .getByRole('main')
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading'), hasText: text });
}

/** The figures of the chaos view, by their labels. */
export async function counters(page: Page): Promise<Record<string, string>> {
  const region = page.getByRole('region', { name: 'Counters' });
  const texts = await region.locator('div:has(> dt), dl:has(> dt)').allInnerTexts();
  return Object.fromEntries(
    texts.map((text) => {
      const [label = '', figure = ''] = text.split(/\s*\n\s*/);
      return [label.trim(), figure];
    }),
  );
}
