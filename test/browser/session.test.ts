import { randomUUID } from 'node:crypto';
import { expect, test } from './console-test.ts';
import { startConsole } from './deployed-console.ts';
import { live, published, rows } from './views.ts';

/** What a browser says of a server that is away, or wants a session. */
const EXPECTED = /net::ERR_|401 \(Unauthorized\)/;
const NEEDED = { name: 'This console needs a session' };

test('a session lasts for every tab of its browser, and its secret is shown nowhere', async ({
  openPage,
  service,
}) => {
  const { url } = await startConsole(`--local=${service.stack.url}`);
  const { origin, hash } = new URL(url);
  const code = hash.slice('#session='.length);
  const id = randomUUID();
  await service.deliver(id, `Before ${id}`);

  const page = await openPage('about:blank');
  const asked: string[] = [];
  page.context().on('request', (request) => {
    asked.push(request.url(), request.headers().referer ?? '');
  });
  await page.goto(url);
  await rows(page, id).waitFor();
  expect(page.url()).toBe(`${origin}/#/`);
  await page.reload();
  await rows(page, id).click();
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();

  const bookmark = page.url();
  expect(bookmark).toContain(id);
  const tab = await page.context().newPage();
  await tab.goto(bookmark);
  await tab.getByRole('tab', { name: 'Timeline' }).waitFor();
  await live(tab);
  const news = randomUUID();
  await service.deliver(news, `Live ${news}`);
  for (const each of [page, tab]) await published(each, news);

  for (let back = 0; back < 3; back++) {
    await page.goBack();
    expect(page.url()).not.toContain(code);
  }
  const [secret = ''] = await tab.evaluate(() =>
    Object.values({ ...localStorage }).filter((value) => value.length === 43),
  );
  expect(secret).not.toBe('');
  expect(secret).not.toBe(code);
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.filter((text) => text.includes(code) || text.includes(secret))).toEqual([]);
  expect(await tab.content()).not.toContain(secret);
});

test('the URL begins a session once: opened again, it shows only what this browser has', async ({
  openPage,
  service,
  guard,
}) => {
  guard.allow(EXPECTED);
  const { url } = await startConsole(`--local=${service.stack.url}`);
  const id = randomUUID();
  await service.deliver(id, `Once ${id}`);
  const page = await openPage(url);
  await rows(page, id).waitFor();
  const again = await page.context().newPage();
  await again.goto(url);
  await rows(again, id).waitFor();
  // As from the history of the browser, or from the terminal.
  const stranger = await openPage(url);
  await stranger.getByRole('heading', NEEDED).waitFor();
  expect(await stranger.getByText(id).count()).toBe(0);
});

test('another browser gets the page, and nothing that the page shows', async ({
  openPage,
  service,
  guard,
}) => {
  guard.allow(EXPECTED);
  const { url } = await startConsole(`--local=${service.stack.url}`);
  const id = randomUUID();
  await service.deliver(id, `Not for everybody ${id}`);
  const page = await openPage('about:blank');
  const texts: Promise<string>[] = [];
  page.on('response', (response) => texts.push(response.text().catch(() => '')));
  await page.goto(new URL('/', url).href);
  await page.getByRole('heading', NEEDED).waitFor();
  await page.getByText('Open the URL that inbound-sms console has printed').waitFor();
  const received = await Promise.all(texts);
  expect(received.length).toBeGreaterThanOrEqual(4);
  expect(received.join()).not.toContain(id);
  expect(received.join()).not.toContain(service.stack.tableName);
});

test('a restart ends the session: its tabs say so, and go on with the new URL', async ({
  openPage,
  service,
  guard,
}) => {
  guard.allow(EXPECTED);
  const local = `--local=${service.stack.url}`;
  const first = await startConsole(local);
  const id = randomUUID();
  await service.deliver(id, `Over ${id}`);
  const page = await openPage(first.url);
  await rows(page, id).waitFor();
  const tab = await page.context().newPage();
  await tab.goto(new URL('/', first.url).href);
  await rows(tab, id).waitFor();

  await first.end();
  for (const each of [page, tab]) await each.getByText('Reconnecting…').waitFor();
  const second = await startConsole(local, '--port', new URL(first.url).port);
  for (const each of [page, tab]) await each.getByRole('heading', NEEDED).waitFor();
  expect(await page.getByText(id).count()).toBe(0);

  // Only the fragment changes: the browser does not load the page anew.
  await page.goto(second.url);
  await live(page);
  await rows(page, id).waitFor();
  expect(page.url()).not.toContain('session');
  await tab.reload();
  await rows(tab, id).waitFor();
});

test('a browser that keeps nothing has its session until the page is closed', async ({
  openPage,
  service,
}) => {
  const { url } = await startConsole(`--local=${service.stack.url}`);
  const id = randomUUID();
  await service.deliver(id, `Kept nowhere ${id}`);
  const page = await openPage('about:blank');
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      get() {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
  });
  await page.goto(url);
  await rows(page, id).waitFor();
  await live(page);
});
