import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect, test } from './console-test.ts';
import {
  counters,
  delivery,
  goTo,
  live,
  panel,
  published,
  received,
  rows,
  sendSms,
} from './views.ts';

test.afterEach(({ service }) => service.chaos({}));

test('a message that is sent while SNS is off is tried again, and published once when it is on', async ({
  openPage,
  service,
}) => {
  const page = await openPage(`${service.stack.url}/#/chaos`);
  const text = `While SNS is off ${randomUUID()}`;
  await page.getByRole('switch', { name: 'SNS is down' }).click();
  await page.getByText('1 fault on').waitFor();
  await sendSms(page, { text, betweenAttemptsMs: 1_000 });
  await delivery(page, text).getByText('Attempt 2 of 10').waitFor();
  await goTo(page, 'Chaos');
  await page
    .getByRole('heading', { name: 'SNS is off: fewer messages are published than sent' })
    .waitFor();
  await page.getByRole('switch', { name: 'SNS is down' }).click();
  await page.getByText('No fault is on').waitFor();

  await goTo(page, 'Send');
  await delivery(page, text)
    .getByText(/^Delivered at attempt \d+/)
    .waitFor();
  await goTo(page, 'Inbox');
  await published(page, text);
  await rows(page, text).click();
  const timeline = await panel(page, 'Timeline');
  await timeline.getByText('A subscriber got it').waitFor();
  expect(await timeline.getByText('Stored and published', { exact: true }).count()).toBe(1);
  expect(await timeline.getByText('A subscriber got it').count()).toBe(1);
  expect(await timeline.getByText('503').count()).toBeGreaterThanOrEqual(1);
  await expectNothingLost(page);
});

test('a message whose put was not answered is stored and published once', async ({
  openPage,
  service,
}) => {
  const page = await openPage(`${service.stack.url}/#/chaos`);
  const text = `Lost answer ${randomUUID()}`;
  await page.getByRole('switch', { name: 'DynamoDB’s reply is lost' }).click();
  await page.getByText('1 fault on').waitFor();
  await sendSms(page, { text });
  await goTo(page, 'Inbox');
  await published(page, text);
  await rows(page, text).click();
  const timeline = await panel(page, 'Timeline');
  await timeline.getByText('answer dropped').waitFor();
  await timeline.getByText('A subscriber got it').waitFor();
  expect(await timeline.getByText('Publish', { exact: true }).count()).toBe(1);
  await expectNothingLost(page);
});

test('a message whose function was killed before it published is taken over', async ({
  openPage,
  service,
}) => {
  const page = await openPage(`${service.stack.url}/#/chaos`);
  const id = randomUUID();
  const text = `Killed ${id}`;
  await page.getByRole('switch', { name: /killed before it publishes/ }).click();
  await page.getByText('1 fault on').waitFor();
  await sendSms(page, { id, text, betweenAttemptsMs: 1_500 });
  await delivery(page, text).getByText('Attempt 2 of 10').waitFor();
  await goTo(page, 'Inbox');
  await rows(page, text).waitFor();
  // The claim of the function that died lasts for longer than a test should.
  await service.age(id);
  await published(page, text);
  await rows(page, text).click();
  const timeline = await panel(page, 'Timeline');
  await timeline.getByText('A subscriber got it').waitFor();
  await timeline.getByText('500', { exact: true }).waitFor();
  await timeline.getByText('take over').waitFor();
  await expectNothingLost(page);
});

test('a message that fails ten times is e-mailed, and published all the same', async ({
  openPage,
  service,
}) => {
  const page = await openPage(`${service.stack.url}/#/chaos`);
  const id = randomUUID();
  const text = `Ten failures ${id}`;
  await page.getByRole('switch', { name: 'SNS is down' }).click();
  await page.getByText('1 fault on').waitFor();
  await sendSms(page, { id, text, betweenAttemptsMs: 0 });
  await delivery(page, text).getByText('E-mailed after 10 attempts').waitFor();
  const mail = page.getByRole('listitem').filter({ hasText: 'To you@example.com', visible: true });
  await mail.getByText('SMS from +61491570006 to +61491570156').click();
  await mail.getByText(text).waitFor();

  await goTo(page, 'Chaos');
  await page.getByRole('switch', { name: 'SNS is down' }).click();
  await page.getByText('No fault is on').waitFor();
  await service.age(id);
  await page.getByRole('button', { name: 'Sweep now' }).click();
  await page.getByText('The sweeper has run').waitFor();
  await goTo(page, 'Subscribers');
  await expect.poll(() => received(page, id).count()).toBe(1);
  await expectNothingLost(page);
});

test('a message that was deleted on purpose is not lost, and told apart', async ({
  openPage,
  service,
}) => {
  const page = await openPage(`${service.stack.url}/#/send`);
  const id = randomUUID();
  const text = `Deleted ${id}`;
  await sendSms(page, { id, text });
  await service.arrived(id);
  await goTo(page, 'Inbox');
  await published(page, text);
  await service.remove(id);
  await goTo(page, 'Chaos');
  await page.getByText(/^Nothing is lost.* One message was deleted on purpose\.$/).waitFor();
  await page.getByRole('heading', { name: 'Some messages were deleted on purpose' }).waitFor();
  expect(await counters(page)).toMatchObject({ Lost: '0' });
});

test('what is switched in one window shows in the other', async ({ openPage, service }) => {
  const [one, other] = [
    await openPage(`${service.stack.url}/#/chaos`),
    await openPage(`${service.stack.url}/#/chaos`),
  ];
  await live(other);
  const slow = { name: '200 ms' };
  await one.getByRole('radio', slow).check();
  await expect.poll(() => other.getByRole('radio', slow).isChecked()).toBe(true);
  await other.getByText('1 fault on').waitFor();
  await other.getByRole('button', { name: 'All off' }).click();
  await one.getByText('No fault is on').waitFor();
  expect(await one.getByRole('radio', slow).isChecked()).toBe(false);
});

/** All that was answered 200 has arrived by then. */
async function expectNothingLost(page: Page): Promise<void> {
  await goTo(page, 'Chaos');
  await expect
    .poll(async () => {
      const figures = await counters(page);
      return { ...figures, isAllDelivered: figures.Delivered === figures.Sent };
    })
    .toMatchObject({ Lost: '0', isAllDelivered: true });
  await page.getByText(/^Nothing is lost/).waitFor();
}
