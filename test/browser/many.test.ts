import { randomUUID } from 'node:crypto';
import type { Locator, Page } from 'playwright-core';
import { someRecord } from '../fixtures/messages.ts';
import { publishedAt, store } from '../tools/cli/stored-messages.ts';
import { expect, test } from './console-test.ts';
import { live, rows } from './views.ts';

const COUNT = 5_000;
/** A tall screen of them, and some more at its edges. */
const MOST_ROWS = 80;
const TALL = { viewport: { width: 1280, height: 2_000 } };
const BEGIN = Date.parse('2026-03-01T00:00:00Z');

const textOf = (n: number) => `Message ${String(n).padStart(4, '0')}`;

test.beforeAll(async ({ service }) => {
  const records = Array.from({ length: COUNT }, (_, n) =>
    someRecord({
      message_id: randomUUID(),
      body: textOf(n),
      // Several of a millisecond are in the order of their ids.
      received_at: BEGIN + n,
      ...publishedAt(BEGIN + n),
    }),
  );
  await store(service.stack, records);
});

test('of 5,000 messages each is reached in its order, and only a few are in the page at a time', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url, TALL);
  await rows(page, textOf(COUNT - 1)).waitFor();
  const { seen, mostRows, gaps } = await walk(page);
  expect(gaps).toEqual([]);
  expect(seen).toEqual(Array.from({ length: COUNT }, (_, n) => textOf(COUNT - 1 - n)));
  expect(mostRows).toBeLessThanOrEqual(MOST_ROWS);
  await page.getByText('5,000 messages', { exact: true }).waitFor();

  await page.getByRole('grid').press('Home');
  await rows(page, textOf(COUNT - 1)).waitFor();
  await page.getByRole('grid').press('End');
  await rows(page, textOf(0)).waitFor();
});

test('what is being read stays where it is when a message comes in', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  await live(page);
  await rows(page, textOf(COUNT - 1)).waitFor();
  const grid = page.getByRole('grid');
  await grid.evaluate((element) => element.scrollTo(0, 64 * 20));
  const read = rows(page, textOf(COUNT - 25));
  await read.waitFor();
  const before = await read.boundingBox();
  await recordTops(read);
  const id = randomUUID();
  await service.deliver(id, `Came in later ${id}`);
  const news = page.getByRole('button', { name: '1 new message' });
  await news.waitFor();
  expect(await read.boundingBox()).toEqual(before);
  expect(await page.evaluate(() => globalThis.tops)).toEqual([before?.y]);
  await news.click();
  await rows(page, id).waitFor();
  await news.waitFor({ state: 'detached' });
  await service.remove(id);
});

declare global {
  /** Where an element of the page was, frame by frame: each place once. */
  var tops: number[];
}

async function recordTops(row: Locator): Promise<void> {
  await row.evaluate(({ id }) => {
    globalThis.tops = [];
    const record = () => {
      const top = document.getElementById(id)?.getBoundingClientRect().top;
      if (top !== undefined && top !== globalThis.tops.at(-1)) globalThis.tops.push(top);
      requestAnimationFrame(record);
    };
    record();
  });
}

interface Walk {
  /** What was seen, in its order from top to bottom. */
  readonly seen: readonly string[];
  /** How many rows there were at once, at most. */
  readonly mostRows: number;
  /** Where a part of the list's window was empty when it stood still. */
  readonly gaps: readonly string[];
}

/** Scrolls from the top to the end, a screen at a time. */
async function walk(page: Page): Promise<Walk> {
  return page.getByRole('grid').evaluate(async (grid) => {
    const seen: string[] = [];
    const gaps: string[] = [];
    let mostRows = 0;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const look = () => {
      const rowElements = [...grid.querySelectorAll('[role=row]')];
      mostRows = Math.max(mostRows, rowElements.length);
      const window = grid.getBoundingClientRect();
      const visible = rowElements
        .map((row) => ({ row, box: row.getBoundingClientRect() }))
        .filter(({ box }) => box.bottom > window.top + 1 && box.top < window.bottom - 1)
        .sort((a, b) => a.box.top - b.box.top);
      let covered = window.top;
      for (const { row, box } of visible) {
        const text = /Message \d+/.exec(row.textContent ?? '')?.[0] ?? '';
        if (!seen.slice(-visible.length * 2).includes(text)) seen.push(text);
        if (box.top > covered + 1) gaps.push(`before ${text}`);
        covered = box.bottom;
      }
      const isEnd = grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 1;
      if (covered < window.bottom - 1 && !isEnd) gaps.push(`after ${seen.at(-1)}`);
    };
    for (let still = 0; still < 300; still++) {
      await frame();
      await frame();
      look();
      if (grid.getAttribute('aria-rowcount') === String(seen.length)) break;
      const before = grid.scrollTop;
      grid.scrollTop = before + grid.clientHeight - 64;
      // At the end there is no more until the next page has come.
      if (grid.scrollTop !== before) still = 0;
    }
    return { seen, mostRows, gaps };
  });
}
