import { randomUUID } from 'node:crypto';
import { postForm } from '../helpers/local-stack.ts';
import { expect, test } from './console-test.ts';
import { startConsole } from './deployed-console.ts';
import { live, rows } from './views.ts';

test('the stack’s name leads to what it is made of and how it is set', async ({
  openPage,
  service,
}) => {
  const { stack } = service;
  const page = await openPage(stack.url);
  await page.getByRole('link', { name: /inbound-sms-local/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Stack' }).waitFor();
  for (const value of [
    stack.webhookUrl,
    stack.tableName,
    stack.topicArn,
    stack.dynamodbEndpoint,
    stack.snsEndpoint,
    stack.template.output('Version'),
    'inbound-sms',
    'Australia/Sydney, the browser’s',
  ]) {
    await page.getByRole('definition').filter({ hasText: value }).first().waitFor();
  }
});

test('the panel of a deployed stack shows no token, no emulator and nothing to clear', async ({
  openPage,
  service,
}) => {
  const { url } = await startConsole(`--local=${service.stack.url}`);
  const page = await openPage(url);
  await live(page);
  await page.evaluate(() => {
    location.hash = '#/stack';
  });
  await page.getByText('ends with the token, which this page does not know').waitFor();
  await page.getByRole('definition').filter({ hasText: service.stack.topicArn }).waitFor();
  expect(await page.getByText(service.stack.webhookUrl).count()).toBe(0);
  expect(await page.getByText('Endpoint of').count()).toBe(0);
  expect(await page.getByRole('button', { name: 'Clear messages' }).count()).toBe(0);
});

test('a fault that is on shows in the header of every view and window', async ({
  openPage,
  service,
  onTestFinished,
}) => {
  onTestFinished(() => service.chaos({}));
  const page = await openPage(service.stack.url);
  await live(page);
  const fault = page.getByRole('banner').getByRole('link', { name: /fault|SNS/ });
  expect(await fault.count()).toBe(0);
  await service.chaos({ snsDown: true });
  await page.getByRole('link', { name: 'SNS is down' }).waitFor();
  await service.chaos({ snsDown: true, dynamodbDelayMs: 200 });
  await page.getByRole('link', { name: '2 faults' }).click();
  await page.getByRole('heading', { level: 1, name: 'Chaos' }).waitFor();
  await service.chaos({});
  await fault.waitFor({ state: 'detached' });
});

test('cleared messages are gone from every window, and what comes later is there', async ({
  openPage,
  service,
}) => {
  // More than one batch of deletions.
  const ids = Array.from({ length: 30 }, () => randomUUID());
  for (const id of ids) await service.deliver(id, `To clear ${id}`);
  const refused = { message_id: randomUUID(), from: '+61491570006', sms_number: '+61491570156' };
  expect((await postForm(service.stack.webhookUrl, refused)).status).toBe(400);
  const other = await openPage(service.stack.url);
  await rows(other, 'To clear').first().waitFor();
  const page = await openPage(`${service.stack.url}/#/stack`);
  await page.getByRole('button', { name: 'Clear messages' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete every message and refused request?' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Clear messages' }).click();
  await dialog.getByRole('button', { name: 'Delete all' }).click();
  await page.getByText('30 messages and 1 refused request deleted.').waitFor();
  await other.getByText('No messages yet').waitFor();
  await other.evaluate((id) => {
    location.hash = `#/requests?message_id=${id}`;
  }, refused.message_id);
  await other.getByRole('region', { name: 'Requests' }).getByRole('link').click();
  await other.getByText('What was kept is deleted').waitFor();
  expect(await other.getByText('--set').count()).toBe(0);
  await other.getByRole('navigation').getByRole('link', { name: 'Inbox' }).click();
  const later = randomUUID();
  await service.deliver(later, `Later ${later}`);
  await rows(other, later).waitFor();
  expect(await rows(other).count()).toBe(1);
});
