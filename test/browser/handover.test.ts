import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { expect, test } from './console-test.ts';
import { rows } from './views.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

async function copy(page: Page, part: string): Promise<string> {
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByRole('button', { name: part, exact: true }).click();
  await page.getByText(`${part} copied.`).first().waitFor();
  return clipboard(page);
}

test('the text, the number, a link and the command of a message can be copied', async ({
  openPage,
  service,
}) => {
  const id = `it's-one-${randomUUID()}`;
  const text = `Copied\u200b ${randomUUID()}`;
  await service.deliver(id, text);
  const page = await openPage(
    `${service.stack.url}/#/messages/${encodeURIComponent(id)}?state=late`,
    {
      permissions: ['clipboard-read', 'clipboard-write'],
    },
  );
  expect(await copy(page, 'Text')).toBe(text);
  expect(await copy(page, 'Number')).toBe('+61491570006');
  const link = await copy(page, 'Link');
  const other = await openPage(link);
  await other.getByRole('article', { name: 'Message' }).getByText('Copied').waitFor();
  expect(link).not.toContain('state=late');
  const command = await copy(page, 'Command');
  const { stdout } = await run('sh', ['-c', `${command} --json`.replace(/ -- .*/, '')], {
    cwd: ROOT,
  });
  expect(JSON.parse(stdout)).toMatchObject({ message_id: id, body: text });
});

test('the menu opens, chooses and closes by keyboard, and says if the browser refuses', async ({
  openPage,
  service,
}) => {
  const id = randomUUID();
  await service.deliver(id, 'By keyboard');
  const page = await openPage(`${service.stack.url}/#/messages/${id}`);
  const button = page.getByRole('button', { name: 'Copy', exact: true });
  await button.focus();
  await page.keyboard.press('Enter');
  const text = page.getByRole('button', { name: 'Text', exact: true });
  await text.waitFor();
  await page.keyboard.press('Escape');
  await text.waitFor({ state: 'hidden' });
  expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
  // Escape closed the menu, not the message.
  expect(page.url()).toContain(id);
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'));
  });
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('The browser does not allow the page to copy.').waitFor();
});

test('all that the filters find is exported, also what is not loaded', async ({
  openPage,
  service,
}) => {
  const run = randomUUID();
  const ids = Array.from({ length: 120 }, (_, n) => `${run}-${n}`);
  for (const id of ids) await service.deliver(id, id.endsWith('-7') ? '=1+1' : `Exported ${run}`);
  await service.deliver(randomUUID(), 'Something else');
  const page = await openPage(`${service.stack.url}/#/?search=${run}`);
  await rows(page, run).first().waitFor();
  const download = async (format: string) => {
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Export messages' });
    await dialog.getByRole('radio', { name: format }).check();
    await dialog.getByText('The command line has no filter by text').waitFor();
    const downloading = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Download' }).click();
    const file = await downloading;
    await dialog.waitFor({ state: 'detached' });
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
  };
  const lines = await download('JSON Lines');
  expect(lines.name).toBe('messages.jsonl');
  const exported = lines.text.trimEnd().split('\n');
  expect(new Set(exported.map((line) => JSON.parse(line).message_id))).toEqual(new Set(ids));
  const csv = await download('CSV');
  expect(csv.name).toBe('messages.csv');
  expect(csv.text).toMatch(/^\ufeff?message_id,/);
  expect(csv.text).toContain(",'=1+1,");
});

test('without a search, the ready command has the filters', async ({ openPage, service }) => {
  await service.deliver(randomUUID(), 'For the command');
  const page = await openPage(`${service.stack.url}/#/?from=0491570006`);
  await rows(page).first().waitFor();
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const shown = page.getByRole('figure', { name: 'command' });
  const command = (await shown.locator('pre').textContent()) ?? '';
  expect(command).toBe(
    `bin/inbound-sms export --local=${service.stack.url} --from=0491570006 --format=csv > messages.csv`,
  );
  const [line = ''] = command.split(' > ');
  const { stdout } = await run('sh', ['-c', line], { cwd: ROOT });
  expect(stdout).toContain('For the command');
});
