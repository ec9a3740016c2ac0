import { randomUUID } from 'node:crypto';
import { postForm } from '../helpers/local-stack.ts';
import { expect, test } from './console-test.ts';
import { delivery, goTo, panel, rows, sendSms } from './views.ts';

const seconds = (before: number) => String(Math.floor(Date.now() / 1_000) - before);

test('the timeline begins at the PBX, and a sentence says how late the message was and why', async ({
  openPage,
  service,
}) => {
  const message_id = randomUUID();
  const form = { message_id, from: '+61491570006', sms_number: '+61491570156', body: 'Late' };
  const post = () => postForm(service.stack.webhookUrl, { ...form, timestamp: seconds(98) });
  await service.chaos({ snsDown: true });
  expect((await post()).status).toBe(503);
  const page = await openPage(`${service.stack.url}/#/messages/${message_id}`);
  const waiting = page.getByText("Stored. Waiting for the PBX's next attempt or the sweeper.");
  await waiting.waitFor();
  await page.getByText('SNS could not be reached in 1 attempt.').waitFor();
  const timeline = await panel(page, 'Timeline');
  await timeline.getByRole('heading', { name: 'Expected: a fallback e-mail' }).waitFor();
  await timeline.getByText('1 attempt so far.').waitFor();

  await service.chaos({});
  expect((await post()).status).toBe(200);
  await page
    .getByText(
      /Published (9\d|10\d) s after the PBX received it: SNS could not be reached in 1 attempt; attempt 2 published it\./,
    )
    .waitFor();
  await waiting.waitFor({ state: 'detached' });
  const headings = timeline.getByRole('heading');
  expect((await headings.allInnerTexts())[0]).toBe('The PBX received it');
  expect(await timeline.getByText(/by the PBX's clock, to the second/).count()).toBe(1);
  expect(await timeline.getByText('Expected: a fallback e-mail').count()).toBe(0);
  expect(await page.getByText('Reached the webhook').isVisible()).toBe(true);
  // The record does not count the request that finds the message published.
  expect((await post()).status).toBe(200);
  const recorded = page.locator('.fact').filter({ hasText: 'Requests recorded' });
  await expect.poll(() => recorded.textContent()).toBe('Requests recorded2 · 3 in the timeline');
  await rows(page, 'Late').getByText('2+ requests', { exact: true }).waitFor();
});

test('the sweeper and a replay are told apart', async ({ openPage, service }) => {
  const id = randomUUID();
  await service.chaos({ snsDown: true });
  expect(await service.deliver(id)).toBe(503);
  await service.age(id);
  await service.chaos({});
  await service.post('sweep');
  await service.post('replay', { message_ids: [id] });
  const page = await openPage(`${service.stack.url}/#/messages/${id}`);
  await page.getByText('the sweeper published it. Published again by 1 replay.').waitFor();
  const timeline = await panel(page, 'Timeline');
  const sweep = timeline.getByRole('listitem').filter({ hasText: /^The sweeper/ });
  expect(await sweep.textContent()).not.toContain('publish once more');
  const replay = timeline.getByRole('listitem').filter({ hasText: /^Published again/ });
  expect(await replay.textContent()).toContain('publish once more');
});

test('two refusals at once have no tick', async ({ openPage, service }) => {
  const id = randomUUID();
  expect(await service.deliver(id, 'The first')).toBe(200);
  await Promise.all(['a', 'b'].map((text) => service.deliver(id, text)));
  const page = await openPage(`${service.stack.url}/#/messages/${id}`);
  const timeline = await panel(page, 'Timeline');
  await timeline.getByText('409').nth(1).waitFor();
  const refused = timeline.locator('.timeline-step').filter({ hasText: '409' });
  for (const mark of await refused.locator('.timeline-mark').all()) {
    expect(await mark.getAttribute('class')).toContain('badge-bad');
  }
});

test('after the tenth attempt the PBX has given up: nothing says that it tries again', async ({
  openPage,
  service,
}) => {
  await service.chaos({ snsDown: true });
  const page = await openPage(service.stack.url);
  const text = `Given up ${randomUUID()}`;
  await sendSms(page, { text, betweenAttemptsMs: 0 });
  await delivery(page, text).getByText('E-mailed after 10 attempts').waitFor();
  await goTo(page, 'Inbox');
  await rows(page, text).click();
  await page.getByText('The PBX has given up and e-mails it. The sweeper goes on.').waitFor();
  const timeline = await panel(page, 'Timeline');
  await timeline.getByText('The PBX gave up and e-mailed it').waitFor();
  await timeline.getByText('This was the tenth attempt').waitFor();
  expect(await timeline.getByText('The PBX tries again.').count()).toBe(9);
  await service.chaos({});
});
