import { randomUUID } from 'node:crypto';
import { expect, subscribedTest, test } from './console-test.ts';
import { startConsole } from './deployed-console.ts';
import { goTo, panel, rows, subscriber } from './views.ts';

subscribedTest(
  'a subscriber’s figures, the e-mails and the timeline change as deliveries go on',
  async ({ openPage, service, subscribed }) => {
    const page = await openPage(`${service.stack.url}/#/subscribers`);
    const figure = (name: string, label: string) =>
      subscriber(page, name).locator(`div:has(> dt:text-is("${label}")) > dd`);
    await expect.poll(() => figure('crm', 'Delivered').textContent()).toBe('0');
    await subscriber(page, 'crm').getByText('every message').waitFor();
    await subscriber(page, 'chat').getByText('to SLACK_URL').waitFor();
    expect(await page.getByText('/hooks/sms').count()).toBe(0);

    subscribed.answer(500);
    const id = randomUUID();
    await service.deliver(id, 'Are you open <b>on Sunday</b>?');
    await expect.poll(() => figure('crm', 'Failing').textContent()).toBe('1');
    await subscriber(page, 'crm').getByText('Last failure: 500, attempt').waitFor();
    await expect.poll(() => figure('jobs', 'Waiting').textContent()).toBe('1');
    expect(await figure('jobs', 'Delivered').count()).toBe(0);

    await page.getByText('Outbox: 1 e-mail').waitFor();
    const email = page.getByRole('listitem').filter({ hasText: 'To team@example.com' });
    await email.getByText('SMS from +61491570006').click();
    await email.getByText('Are you open <b>on Sunday</b>?').waitFor();

    await email.getByRole('link', { name: 'Open the message' }).click();
    const timeline = await panel(page, 'Timeline');
    await timeline.getByText('team: delivered').waitFor();
    await timeline.getByText('jobs: handed to SNS').waitFor();
    await timeline.getByText('crm: failing (500)').waitFor();
    subscribed.answer(204);
    await timeline.getByText(/^crm: 500 .*, delivered \d+ s later$/).waitFor();
    await timeline.getByText('calls of the forwarder').first().click();
    await timeline.getByText('read the delivery mark').first().waitFor();
    await goTo(page, 'Subscribers');
    await expect.poll(() => figure('crm', 'Delivered').textContent()).toBe('1');
    await expect.poll(() => figure('crm', 'Failing').textContent()).toBe('0');
  },
);

subscribedTest(
  'the outbox shows the latest five e-mails, which open, and more when asked',
  async ({ openPage, service }) => {
    const page = await openPage(`${service.stack.url}/#/subscribers`);
    // The tests of this file share a stack.
    const before = (await service.get<unknown[]>('emails')).length;
    for (let count = 1; count <= 7; count++) await service.deliver(randomUUID(), `E-mail ${count}`);
    await page.getByText(`Outbox: ${before + 7} e-mails`).waitFor();
    const emails = page.getByRole('listitem').filter({ has: page.locator('details.mail') });
    expect(await emails.count()).toBe(5);
    const marker = await emails
      .first()
      .locator('summary')
      .evaluate((summary) => getComputedStyle(summary, '::before').width);
    expect(marker).toBe('7px');
    await page.getByRole('button', { name: `Show more: ${before + 2} e-mails` }).click();
    await expect.poll(() => emails.count()).toBe(before + 7);
  },
);

subscribedTest(
  'the console of a deployed stack follows the deliveries of a message that is open',
  async ({ openPage, service, subscribed }) => {
    subscribed.answer(500);
    const id = randomUUID();
    await service.deliver(id, 'Deployed');
    const { url } = await startConsole(`--local=${service.stack.url}`);
    const page = await openPage(url);
    await rows(page, 'Deployed').click();
    const timeline = await panel(page, 'Timeline');
    await timeline.getByText('crm: failing (500)').waitFor();
    await timeline.getByText('jobs: handed to SNS').waitFor();
    subscribed.answer(204);
    await timeline.getByText(/^crm: 500 .*, delivered \d+ s later$/).waitFor();
    expect(await page.getByRole('link', { name: 'Subscribers' }).count()).toBe(0);
    await page.evaluate(() => {
      location.hash = '#/subscribers';
    });
    await page
      .getByText('bin/inbound-sms subscribers lists the subscribers of this stack')
      .waitFor();
  },
);

test('without subscribers the view says how to get one', async ({ openPage, service }) => {
  const page = await openPage(`${service.stack.url}/#/subscribers`);
  await page.getByText('No subscribers yet').waitFor();
  const settings = await page.getByText('local:').textContent();
  expect(settings?.split('\n')).toEqual([
    'local:',
    '  subscribers:',
    '    team: { email: team@example.com }',
  ]);
  await page.getByText('docs/subscribers.md').waitFor();
  await service.deliver(randomUUID(), 'Nobody to forward it to');
  await goTo(page, 'Inbox');
  await rows(page, 'Nobody to forward it to').click();
  const timeline = await panel(page, 'Timeline');
  await timeline.getByText('A subscriber got it').waitFor();
  expect(await timeline.getByText('calls of the forwarder').count()).toBe(0);
});
