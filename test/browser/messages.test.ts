import { randomUUID } from 'node:crypto';
import type { Locator, Page } from 'playwright-core';
import { postForm } from '../helpers/local-stack.ts';
import { expect, test } from './console-test.ts';
import { counters, delivery, goTo, panel, published, received, rows, sendSms } from './views.ts';

test('a message that the simulated PBX sends arrives, with all that happened to it', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  const text = `Are you open? ${randomUUID()}`;
  await sendSms(page, { text });
  await delivery(page, text).getByText('Delivered at the first attempt').waitFor();
  await goTo(page, 'Inbox');
  await published(page, text);
  await rows(page, text).click();

  const timeline = await panel(page, 'Timeline');
  await timeline.getByText('A subscriber got it').waitFor();
  expect(await timeline.getByRole('heading').allInnerTexts()).toEqual([
    'The PBX received it',
    'Stored and published',
    'A subscriber got it',
  ]);
  expect(await timeline.getByText('200', { exact: true }).first().isVisible()).toBe(true);
  expect(await timeline.getByRole('code').allInnerTexts()).toEqual([
    'PutItem',
    'Publish',
    'UpdateItem',
  ]);
  const notification = await panel(page, 'Notification');
  const message = await notification
    .getByRole('figure', { name: 'message' })
    .locator('pre')
    .textContent();
  expect(JSON.parse(message ?? '')).toMatchObject({
    schema: 'inbound-sms/1',
    from: '+61491570006',
    sms_number: '+61491570156',
    body: text,
  });
  const record = await panel(page, 'Record');
  await record.getByText('"published_at"').waitFor();
});

test('another message with the same id is refused, and shown as a conflict', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  const id = randomUUID();
  const [text, another] = [`The first of ${id}`, `Something else under ${id}`];
  await sendSms(page, { id, text });
  await delivery(page, text)
    .getByText(/^Delivered/)
    .waitFor();
  await sendSms(page, { id, text: another, betweenAttemptsMs: 0 });
  await delivery(page, another).getByText('E-mailed after 10 attempts').waitFor();

  await goTo(page, 'Inbox');
  const row = rows(page, id.slice(0, 8));
  await row.getByText('Conflict').waitFor();
  expect(await row.textContent()).toContain(text);
  await row.click();
  await page.getByText('Id reused: 10 requests refused.').waitFor();
  const timeline = await panel(page, 'Timeline');
  await timeline.getByText('Refused: another message has this id').nth(9).waitFor();
  await timeline.getByText('409').nth(9).waitFor();
  const record = await panel(page, 'Record');
  await record.getByText(JSON.stringify(text)).waitFor();
});

test('ten identical posts at once are one message, published once', async ({
  openPage,
  service,
}) => {
  // Ten processes that start at once are slow enough, on a busy machine, for calls to be repeated.
  await Promise.all(Array.from({ length: 10 }, () => service.deliver(randomUUID())));
  const page = await openPage(service.stack.url);
  const id = randomUUID();
  const text = `Ten times ${id}`;
  await sendSms(page, { id, text, copies: 10, betweenAttemptsMs: 100 });
  await delivery(page, text).getByText('10 posts: 10 delivered').waitFor();

  await goTo(page, 'Subscribers');
  await expect.poll(() => received(page, id).count()).toBe(1);
  await goTo(page, 'Inbox');
  await published(page, text);
  expect(await rows(page, text).count()).toBe(1);
  await rows(page, text).click();
  const timeline = await panel(page, 'Timeline');
  const publish = timeline.getByRole('listitem').filter({ hasText: /^publish/ });
  await publish.waitFor();
  expect(await timeline.getByText('A subscriber got it').count()).toBe(1);
  await goTo(page, 'Chaos');
  await expect.poll(() => counters(page)).toMatchObject({ Lost: '0' });
});

const MARKUP = '<img src=x onerror="globalThis.ran=1"><script>globalThis.ran=1</script>';
const LINK = 'javascript:globalThis.ran=1';

test('a message of markup and links is text, wherever it is shown', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  const id = `<img/src=x/onerror=globalThis.ran=1>${randomUUID().slice(0, 8)}`;
  const from = `<b onmouseover="globalThis.ran=1">${id.slice(-8)}`;
  const sms = { id, from, to: `"><svg onload=globalThis.ran=1>${LINK}` };
  const text = `${MARKUP} ${LINK} https://example.com/ <a href="${LINK}">here</a> {{7*7}}`;
  await sendSms(page, { ...sms, text });
  await delivery(page, text)
    .getByText(/^Delivered/)
    .waitFor();
  // A second one under the same id is refused with its text, and e-mailed.
  await sendSms(page, { ...sms, text: `${text} again`, betweenAttemptsMs: 0 });
  await delivery(page, `${text} again`).getByText('E-mailed after 10 attempts').waitFor();
  await page.getByText('Raw request').first().click();
  await page.getByText('SMS from').first().click();
  await expectText(page, [text, from, `${text} again`]);

  await goTo(page, 'Inbox');
  const row = rows(page, from);
  await row.getByText('Conflict').waitFor();
  await expectText(page, [text, from, sms.to]);
  await row.click();
  await (await panel(page, 'Timeline')).getByText('A subscriber got it').waitFor();
  await expectText(page, [text, from, sms.to, id]);
  await panel(page, 'Notification');
  await expectText(page, [JSON.stringify(text), JSON.stringify(from)]);
  await panel(page, 'Record');
  await expectText(page, [JSON.stringify(text), JSON.stringify(sms.to), JSON.stringify(id)]);
  await page.getByRole('link', { name: 'Conversation' }).click();
  await page.getByRole('article', { name: 'Conversation' }).waitFor();
  await expectText(page, [text, from, sms.to]);

  await goTo(page, 'Subscribers');
  await received(page, from).waitFor();
  await page.getByRole('button', { name: 'Show the JSON' }).click();
  await expectText(page, [JSON.stringify(text), from, id]);
  await goTo(page, 'Chaos');
  await expectText(page, []);
});

test('a character that nobody would see is shown by its code, wherever the message is', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url);
  const id = randomUUID();
  const from = `My\u00a0shop  ${id.slice(-8)}`;
  const text = `pay\u202etxt\u{e0041}\t👩‍👩‍👧 ${id.slice(-8)}`;
  const [shownFrom, shownText] = [
    `MyU+00A0shop  ${id.slice(-8)}`,
    `payU+202EtxtU+E0041U+0009👩‍👩‍👧 ${id.slice(-8)}`,
  ];
  const shown = (place: Locator) => expect.poll(() => textSeen(place)).toContain(shownText);
  const form = { message_id: id, from, sms_number: '+61491570156', body: text };
  expect((await postForm(service.stack.webhookUrl, form)).status).toBe(200);

  const row = rows(page, id.slice(-8));
  await shown(row);
  expect(await textSeen(row)).toContain(shownFrom);
  // As it is rendered: two spaces are not one.
  expect(await row.allInnerTexts()).toEqual([expect.stringContaining(`shop  ${id.slice(-8)}`)]);
  await row.click();
  await shown(page.getByRole('article', { name: 'Message' }));
  const notification = await panel(page, 'Notification');
  expect(await textSeen(notification)).toContain('payU+202EtxtU+E0041\\t');
  await page.getByRole('link', { name: 'Conversation' }).click();
  await shown(page.getByRole('article', { name: 'Conversation' }));
});

/** A text with the codes that the stylesheet draws in place of characters. */
function textSeen(place: Locator): Promise<string> {
  return place.evaluate((element) => {
    const copy = element.cloneNode(true) as Element;
    for (const drawn of copy.querySelectorAll('[data-code]')) {
      drawn.replaceWith(drawn.getAttribute('data-code') ?? '');
    }
    return copy.textContent ?? '';
  });
}

/** All of it stands there as it was written, and none of it has become anything else. */
async function expectText(page: Page, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await page.getByText(text, { exact: false }).filter({ visible: true }).first().waitFor();
  }
  const found = await page.evaluate(() => ({
    ran: 'ran' in globalThis,
    foreign: document.querySelectorAll(
      'main :is(img, script, iframe, object, embed, b, svg[onload], [onerror], [onload], [onmouseover])',
    ).length,
    links: [...document.querySelectorAll('a')]
      .map((link) => link.getAttribute('href') ?? '')
      .filter((href) => !href.startsWith('#')),
  }));
  expect(found).toEqual({ ran: false, foreign: 0, links: [] });
}
