import { randomUUID } from 'node:crypto';
import type { SubscriberMessage } from '../../tools/console/lab-protocol.ts';
import { expect, test } from './console-test.ts';
import { startConsole } from './deployed-console.ts';
import { goTo, live, panel, published, rows } from './views.ts';

/** What a browser says of an answer that is meant to be one. */
const UNAUTHORIZED = /401 \(Unauthorized\)/;

test('the console of a deployed stack shows messages to whoever has its URL, and changes nothing', async ({
  openPage,
  service,
  guard,
}) => {
  const { url } = await startConsole(`--local=${service.stack.url}`);
  const id = randomUUID();
  await service.deliver(id, `Before ${id}`);
  const page = await openPage(url);
  await published(page, id);
  await live(page);
  const news = randomUUID();
  await service.deliver(news, `Live ${news}`);
  await published(page, news);

  const links = await page.getByRole('navigation').getByRole('link').allTextContents();
  expect(links).toEqual(['Inbox', 'Refused', 'Activity']);
  expect(await page.getByRole('checkbox').count()).toBe(0);
  await rows(page, id).click();
  const timeline = await panel(page, 'Timeline');
  await timeline.getByText('Stored and published').waitFor();
  await timeline.getByText('A deployed stack does not log its calls').waitFor();
  expect(await page.getByRole('button', { name: /Replay/ }).count()).toBe(0);
  await goTo(page, 'Activity');
  await page.getByRole('img', { name: /Outcomes/ }).waitFor();
  const ranges = page.getByRole('group', { name: 'Time range' }).getByRole('radio');
  expect(
    await ranges.evaluateAll((radios) => radios.map((radio) => (radio as HTMLInputElement).value)),
  ).toEqual(['5m', '15m']);
  await page.evaluate(() => {
    location.hash = '#/chaos';
  });
  await page.getByText('Only the local stack has this').waitFor();

  guard.allow(UNAUTHORIZED);
  const stranger = await openPage(new URL('/', url).href);
  await stranger.getByRole('heading', { name: 'This console needs a session' }).waitFor();
  expect(await stranger.getByText(id).count()).toBe(0);
});

test('the console of a deployed stack replays only if it is told that it may', async ({
  openPage,
  service,
}) => {
  const { url } = await startConsole(`--local=${service.stack.url}`, '--allow-replay');
  const id = randomUUID();
  await service.deliver(id, `Once more ${id}`);
  const page = await openPage(url);
  await rows(page, id).click();
  await page.getByRole('article').getByRole('button', { name: 'Replay' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Replay 1 message' }).click();
  await page.getByText('1 message published again.').waitFor();
  await expect
    .poll(async () => {
      const messages = await service.get<SubscriberMessage[]>('subscriber');
      const replays = messages.filter(({ attributes }) => attributes.replay !== undefined);
      return replays.map(({ message_id }) => message_id);
    })
    .toEqual([id]);
});
