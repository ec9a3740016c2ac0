import { randomUUID } from 'node:crypto';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from './console-test.ts';
import { live, panel, rows } from './views.ts';

const RTL =
  'שלום, אני מאחרת בעשר דקות, אפשר להזמין בשבילי קפה ולשמור לי מקום ליד החלון? תודה רבה '.repeat(2);

test('a preview in Hebrew is cut at its end, which is at the left', async ({
  openPage,
  service,
}) => {
  const id = randomUUID();
  await service.deliver(id, RTL);
  const page = await openPage(service.stack.url);
  const preview = page.locator(`#message-${id} .row-body .safe-text`);
  await preview.waitFor();
  const places = await preview.evaluate((element) => {
    const firstLetter = new Range();
    const [text] = element.childNodes;
    if (!text) throw new Error('There is no text');
    firstLetter.setStart(text, 0);
    firstLetter.setEnd(text, 1);
    const box = element.getBoundingClientRect();
    const { left, right } = firstLetter.getBoundingClientRect();
    return {
      isCut: element.scrollWidth > box.width,
      inside: left >= box.left && right <= box.right + 1,
    };
  });
  expect(places).toEqual({ isCut: true, inside: true });
});

test('a selection copies the characters that are shown by their codes', async ({
  openPage,
  service,
}) => {
  const id = randomUUID();
  const text = `zero\u200bwidth\u202e and more ${id}`;
  await service.deliver(id, text);
  const page = await openPage(service.stack.url, {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await rows(page, id).click();
  const shown = page.getByRole('article', { name: 'Message' }).locator('.message-text .safe-text');
  await shown.waitFor();
  const drawn = shown.locator('.invisible-character').first();
  expect(await drawn.evaluate((element) => getComputedStyle(element, '::before').content)).toBe(
    '"U+200B"',
  );
  expect((await drawn.boundingBox())?.width).toBeGreaterThan(20);
  await shown.evaluate((element) => getSelection()?.selectAllChildren(element));
  await page.keyboard.press('Control+C');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
});

test('eight tabs that nobody sees, and one that is seen, all get their messages', async ({
  openPage,
  service,
}) => {
  const id = randomUUID();
  await service.deliver(id, `In every tab ${id}`);
  const page = await openPage(service.stack.url);
  await rows(page, id).waitFor();
  const context = page.context();
  await context.addInitScript(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
  });
  for (let tab = 0; tab < 8; tab++) {
    const opened = await context.newPage();
    await opened.goto(service.stack.url);
    await rows(opened, id).waitFor();
  }
  const news = randomUUID();
  await service.deliver(news, `Still live ${news}`);
  await rows(page, news).waitFor();
});

test('with the system’s colours, the view and the message that are current still differ', async ({
  openPage,
  service,
}) => {
  const [id, other] = [randomUUID(), randomUUID()];
  await service.deliver(id, `Open ${id}`);
  await service.deliver(other, `Not open ${other}`);
  const page = await openPage(service.stack.url, { forcedColors: 'active' });
  await rows(page, id).click();
  await page.getByRole('article', { name: 'Message' }).waitFor();
  const navigation = page.getByRole('navigation');
  const look = (element: Locator) =>
    element.evaluate((node) => {
      const { borderBottom, borderInlineStart, backgroundColor } = getComputedStyle(node);
      return [borderBottom, borderInlineStart, backgroundColor];
    });
  const differ = async (one: Locator, two: Locator) =>
    expect(await look(one)).not.toEqual(await look(two));
  await differ(
    navigation.getByRole('link', { name: 'Inbox' }),
    navigation.getByRole('link', { name: 'Send' }),
  );
  await differ(rows(page, id), rows(page, other));
  await differ(
    page.getByRole('tab', { name: 'Timeline' }),
    page.getByRole('tab', { name: 'Record' }),
  );
  await page.goto(`${service.stack.url}/#/stack`);
  const faces = page.locator('.segment-face');
  await faces.first().waitFor();
  await differ(faces.nth(0), faces.nth(1));
});

test('the whole list and a whole message are printed', async ({ openPage, service }) => {
  const long = 'A line of a long message that fills several pages of paper.\n'.repeat(150);
  const ids = Array.from({ length: 60 }, () => randomUUID());
  await Promise.all(ids.slice(1).map((id) => service.deliver(id, `To print ${id}`)));
  await service.deliver(ids[0] ?? '', long);
  const page = await openPage(service.stack.url);
  await rows(page, 'A line of a long message').waitFor();
  // A page of A4 has less than 20 rows.
  expect(await printedPages(page)).toBeGreaterThanOrEqual(3);
  await rows(page, 'A line of a long message').click();
  await (await panel(page, 'Record')).getByText('"published_at"').waitFor();
  expect(await printedPages(page)).toBeGreaterThanOrEqual(3);
});

test('a printed list says what it is of and when it was printed, and has days and margins', async ({
  openPage,
  service,
}) => {
  const run = randomUUID();
  for (const n of [1, 2]) await service.deliver(randomUUID(), `On paper ${n} ${run}`);
  const page = await openPage(`${service.stack.url}/#/?search=${run}&state=published`);
  await expect.poll(() => rows(page).count()).toBe(2);
  await page.emulateMedia({ media: 'print' });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  const head = page.locator('.print-head');
  const today = /\d{1,2} \w+ \d{4}, \d\d:\d\d:\d\d/;
  await head.waitFor();
  const shown = await head.textContent();
  expect(shown).toMatch(new RegExp(`^Inbox, 2 messages, printed ${today.source}`));
  expect(shown).toContain(`Search: ${run}`);
  expect(shown).toContain('Published');
  expect(await rows(page).first().locator('time').textContent()).toMatch(today);
  const text = await rows(page).first().locator('.numbers').boundingBox();
  expect(text?.x).toBeGreaterThan(10);
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  await head.waitFor({ state: 'detached' });
});

async function printedPages(page: Page): Promise<number> {
  const pdf = await page.pdf({ format: 'A4' });
  return pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
}

test.for([
  ['200', { width: 640, height: 400 }, 250],
  ['400', { width: 320, height: 200 }, 140],
] as const)(
  'at %s %% the list has most of the window, also with the filters open',
  async ([, viewport, least], { openPage, service }) => {
    for (let count = 0; count < 20; count++) await service.deliver(randomUUID(), 'To scroll past');
    const page = await openPage(service.stack.url, { viewport });
    await rows(page, 'To scroll past').first().waitFor();
    await page.getByRole('button', { name: 'Filters' }).click();
    const grid = page.getByRole('grid', { name: 'Messages' });
    const visible = await grid.evaluate((element) => {
      element.scrollIntoView({ block: 'start' });
      const { top, bottom } = element.getBoundingClientRect();
      return Math.min(bottom, innerHeight) - Math.max(top, 0);
    });
    expect(visible).toBeGreaterThan(least);
    const at = await grid.evaluate((element) => {
      const { left, top } = element.getBoundingClientRect();
      return document.elementFromPoint(left + 40, top + 60)?.closest('[role=grid]') !== null;
    });
    expect(at).toBe(true);
  },
);

test('a row says whom it is from before it offers to be selected, and times are apart', async ({
  openPage,
  service,
}) => {
  const id = randomUUID();
  await service.deliver(id, `To be read out ${id}`);
  const page = await openPage(service.stack.url);
  const row = rows(page, id);
  await row.waitFor();
  const said = await row.ariaSnapshot();
  expect(said.indexOf(id)).toBeGreaterThan(-1);
  expect(said.indexOf(id)).toBeLessThan(said.indexOf('Select for replay'));
  await row.click();
  const timeline = await panel(page, 'Timeline');
  await timeline.getByText('A subscriber got it').waitFor();
  expect(await timeline.textContent()).not.toMatch(/\d{3}\d+(\.\d)? m?s/);
});

test('messages that come in are not counted aloud; what a search finds is', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  await live(page);
  const found = page.getByRole('status').filter({ hasText: /(messages?|loaded)$/ });
  await found.waitFor({ state: 'attached' });
  await page.evaluate(() => {
    globalThis.said = [];
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const status = (target.parentElement ?? (target as Element)).closest?.('[role=status]');
        if (status?.textContent) globalThis.said.push(status.textContent);
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  const id = randomUUID();
  for (let count = 0; count < 5; count++) await service.deliver(randomUUID(), `Counted ${id}`);
  await expect.poll(() => rows(page, id).count()).toBe(5);
  expect(await page.evaluate(() => globalThis.said)).toEqual([]);
  await page.getByRole('searchbox').fill(id);
  await expect.poll(() => page.evaluate(() => globalThis.said)).toContain('5 messages');
});

declare global {
  /** What a screen reader was given to say, in order. */
  var said: string[];
}

const LARGEST_SHIFT = 0.01;

test('nothing moves while a view loads', async ({ openPage, service }) => {
  const id = randomUUID();
  await service.deliver(id, `Loaded ${id}`);
  const shifts: Record<string, number> = {};
  for (const path of ['', 'send', 'chaos', 'subscribers', 'activity', 'stack', `messages/${id}`]) {
    const page = await openPage('about:blank');
    await page.addInitScript(() => {
      globalThis.shifted = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          globalThis.shifted += (entry as unknown as { readonly value: number }).value;
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(`${service.stack.url}/#/${path}`);
    await live(page);
    await page.getByText('Loading…').last().waitFor({ state: 'detached' });
    await frames(page);
    shifts[path] = await page.evaluate(() => globalThis.shifted);
    await page.close();
  }
  expect(Object.entries(shifts).filter(([, shift]) => shift > LARGEST_SHIFT)).toEqual([]);
});

/** Until what was rendered last has been drawn. */
function frames(page: Page): Promise<unknown> {
  return page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
}

declare global {
  /** The sum of all layout shifts: https://wicg.github.io/layout-instability/ */
  var shifted: number;
}
