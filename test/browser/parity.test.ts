import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { postForm } from '../helpers/local-stack.ts';
import { expect, test } from './console-test.ts';
import { startConsole } from './deployed-console.ts';
import { panel, rows } from './views.ts';

/** What only the local stack sees: its own queue. */
const LOCAL_ONLY = ['A subscriber got it'];

/** What a page says of a message. */
async function told(page: Page, id: string) {
  await rows(page, id).click();
  const message = page.getByRole('article', { name: 'Message' });
  const timeline = await panel(page, 'Timeline');
  await timeline.getByText('Stored and published').waitFor();
  const headings = await timeline.getByRole('heading').allInnerTexts();
  const facts = await message.locator('dl.facts .fact').allInnerTexts();
  return {
    row: await rows(page, id).textContent(),
    // How long ago changes meanwhile.
    facts: facts.map((fact) => fact.replace(/ · (just now|.* ago)/, '')),
    verdict: await message.locator('.message-verdict').textContent(),
    headings: headings.filter((heading) => !LOCAL_ONLY.includes(heading)),
  };
}

test('the local and the deployed console say the same of a message', async ({
  openPage,
  service,
}) => {
  const run = randomUUID();
  const post = (message_id: string, body: string, seconds = 0) =>
    postForm(service.stack.webhookUrl, {
      ...{ message_id, from: '+61491570006', sms_number: '+61491570156', body },
      timestamp: String(Math.floor(Date.now() / 1_000) - seconds),
    });
  const [plain, late, reused] = ['plain', 'late', 'reused'].map((name) => `${name}-${run}`);
  const ids = [plain, late, reused].map(String);
  const texts = ids.map((id) => `Text of ${id}`);
  await post(ids[0] ?? '', texts[0] ?? '');
  await post(ids[1] ?? '', texts[1] ?? '', 98);
  await post(ids[2] ?? '', texts[2] ?? '');
  expect((await post(ids[2] ?? '', 'Another text')).status).toBe(409);

  const { url } = await startConsole(`--local=${service.stack.url}`, '--allow-replay');
  const local = await openPage(`${service.stack.url}/#/`);
  const deployed = await openPage(url);
  for (const id of ids) {
    const here = await told(local, id);
    const there = await told(deployed, id);
    expect(there).toEqual(here);
  }
  for (const page of [local, deployed]) {
    await page.getByRole('searchbox').fill(run);
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    const csv = await readFile(await (await downloading).path(), 'utf8');
    for (const id of ids) expect(csv).toContain(id);
  }
  const nav = (page: Page) => page.getByRole('navigation').getByRole('link').allTextContents();
  expect(await nav(local)).toEqual(expect.arrayContaining(await nav(deployed)));
});
