import { randomUUID } from 'node:crypto';
import type { Locator, Page } from 'playwright-core';
import { postForm } from '../helpers/local-stack.ts';
import type { ConsoleStack } from '../tools/console/lab/console-stack.ts';
import { expect, test } from './console-test.ts';
import { goTo, live, received } from './views.ts';

/** What a browser says of a policy that is refused. */
const BAD_REQUEST = /400 \(Bad Request\).*\/filter/;

test('a filter policy marks what a subscription with it would get, live, and a wrong one says why', async ({
  openPage,
  service,
  guard,
}) => {
  const [from, other] = ['+61491570157', '+61491570158'];
  const ids = [await deliverFrom(service, from), await deliverFrom(service, other)] as const;
  const page = await openPage(`${service.stack.url}/#/subscribers`);
  for (const id of ids) await received(page, id).waitFor();
  const policy = page.getByLabel('Policy (JSON)');
  await policy.fill(JSON.stringify({ from: [from] }));
  await received(page, ids[0]).getByText('Matches').waitFor();
  await received(page, ids[1]).getByText('No match').waitFor();
  await page.getByText(/^1 of \d+ matches$/).waitFor();
  const later = await deliverFrom(service, from);
  await received(page, later).getByText('Matches').waitFor();
  await page.getByText(/^2 of \d+ match$/).waitFor();

  guard.allow(BAD_REQUEST);
  for (const [wrong, why] of [
    ['{"from": "+61491570157"}', /list|array/i],
    ['{"from": [', /JSON/],
  ] as const) {
    await policy.fill(wrong);
    await page.getByRole('alert').filter({ hasText: why }).waitFor();
    expect(await policy.getAttribute('aria-invalid')).toBe('true');
    await received(page, ids[0]).getByText('Matches').waitFor({ state: 'detached' });
  }
  await page.getByRole('button', { name: 'Clear' }).click();
  await policy.and(page.locator(':not([aria-invalid])')).waitFor();
});

test('activity is drawn and told in figures, as it happens', async ({ openPage, service }) => {
  await deliverFrom(service, '+61491570157');
  const page = await openPage(`${service.stack.url}/#/activity`);
  const plots = page.getByRole('img');
  await plots.nth(2).waitFor();
  expect(await plots.count()).toBe(3);
  for (const plot of await plots.all()) await expect.poll(() => coloursIn(plot)).not.toEqual(0);

  const outcomes = page.getByRole('img', { name: /^Outcomes/ });
  const before = await outcomes.getAttribute('aria-label');
  await service.deliver(randomUUID());
  await expect.poll(() => outcomes.getAttribute('aria-label')).not.toBe(before);
  await page.getByText('Show as table').first().click();
  const figures = page.getByRole('region', { name: 'The figures of Outcomes' });
  const row = figures.getByRole('row').nth(1);
  await row.waitFor();
  expect(await row.getByRole('cell').first().textContent()).toMatch(/^[1-9]/);
  await page.getByRole('radio', { name: '1 h' }).check();
  await expect.poll(() => outcomes.getAttribute('aria-label')).toContain('1 h');
});

test('what came before the stack started is hatched, and not drawn as nothing', async ({
  openPage,
  service,
}) => {
  await deliverFrom(service, '+61491570157');
  const page = await openPage(`${service.stack.url}/#/activity`);
  await page.getByRole('radio', { name: '1 h' }).check();
  await page.getByText(/^Requests before \d\d:\d\d:\d\d are not known/).waitFor();
  const rate = page.getByRole('img', { name: /^Rate .* last 1 h\. Known since/ });
  await rate.waitFor();
  await expect.poll(() => inkInFirstHalf(rate)).toBeGreaterThan(0.1);
  await rate.hover({ position: { x: 100, y: 100 } });
  const legend = page.getByRole('region', { name: 'Rate' });
  await legend.getByText(/: not known$/).waitFor();
  await legend.getByText('Attempts a second –').waitFor();
});

test('the colours are the system’s, or those that were chosen, which the browser keeps', async ({
  openPage,
  service,
}) => {
  const page = await openPage(`${service.stack.url}/#/stack`);
  await live(page);
  expect(await lightness(page)).toBe('light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(() => lightness(page)).toBe('dark');
  await page.getByRole('radio', { name: 'Light' }).check();
  await expect.poll(() => lightness(page)).toBe('light');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByRole('radio', { name: 'Dark' }).check();
  await expect.poll(() => lightness(page)).toBe('dark');
  await page.reload();
  await live(page);
  expect(await lightness(page)).toBe('dark');
  expect(await page.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true);
  await goTo(page, 'Inbox');
  expect(await lightness(page)).toBe('dark');
  await page.goBack();
  await page.getByRole('radio', { name: 'As the system' }).check();
  await expect.poll(() => lightness(page)).toBe('light');
});

async function deliverFrom({ stack }: ConsoleStack, from: string): Promise<string> {
  const message_id = randomUUID();
  const form = { from, sms_number: '+61491570156', body: `From ${from}`, message_id };
  expect((await postForm(stack.webhookUrl, form)).status).toBe(200);
  return message_id;
}

/** How many pixels within the axes of a drawing have a colour: the grid is grey. */
function coloursIn(plot: Locator): Promise<number> {
  return plot.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const [axisWidth, axisHeight] = [80, 40];
    const [width, height] = [canvas.width - axisWidth, canvas.height - axisHeight];
    const { data } = canvas.getContext('2d')?.getImageData(axisWidth, 0, width, height) ?? {};
    let count = 0;
    for (let at = 0; data && at < data.length; at += 4) {
      const pixel = [...data.subarray(at, at + 3)];
      const isColoured = Math.max(...pixel) - Math.min(...pixel) > 60;
      if (data[at + 3] && isColoured) count++;
    }
    return count;
  });
}

/** The share of pixels with anything on them, between the axes, in the first half of the time. */
function inkInFirstHalf(plot: Locator): Promise<number> {
  return plot.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const context = canvas.getContext('2d');
    const width = Math.floor(canvas.width / 2) - 80;
    const { data } = context?.getImageData(80, 20, width, canvas.height - 80) ?? { data: [] };
    let inked = 0;
    for (let at = 3; at < data.length; at += 4) inked += Number(data[at] !== 0);
    return inked / (data.length / 4);
  });
}

/** The background that the text stands on. */
function lightness(page: Page): Promise<'light' | 'dark'> {
  return page.evaluate(() => {
    const colour = getComputedStyle(document.documentElement).backgroundColor;
    const [red, green, blue] = (colour.match(/\d+/g) ?? []).map(Number);
    if (red === undefined || green === undefined || blue === undefined) throw new Error(colour);
    return red + green + blue > 3 * 128 ? 'light' : 'dark';
  });
}
