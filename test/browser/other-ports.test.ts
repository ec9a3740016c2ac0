import { randomUUID } from 'node:crypto';
import { ask } from '../helpers/console-site.ts';
import {
  attack,
  BLOCKED,
  frame,
  type Neighbour,
  NOTHING,
  postForm,
  REFUSED,
  startNeighbour,
} from './attacks.ts';
import { expect, test } from './console-test.ts';
import { startConsole } from './deployed-console.ts';
import { live, rows } from './views.ts';

const SECRET = /^[\w-]{43}$/;

/** Asks the console without a browser, with anything a browser gave away that could be a session. */
async function useWhatCame({ received }: Neighbour, url: string): Promise<string[]> {
  const answers = await Promise.all(
    received.map(({ cookie = '', authorization = '' }) =>
      ask(url, { headers: { cookie, authorization } }),
    ),
  );
  return answers.map(({ text }) => text);
}

test('another port of 127.0.0.1 gets nothing of a console that is open in the same browser', async ({
  openPage,
  service,
  guard,
  onTestFinished,
}) => {
  guard.allow(REFUSED);
  const { url: printed } = await startConsole(`--local=${service.stack.url}`);
  const [, code = ''] = /session=([\w-]+)/.exec(printed) ?? [];
  const { origin } = new URL(printed);
  const api = `${origin}/_console/api/`;
  const id = randomUUID();
  await service.deliver(id, `A text that nobody else may read: ${id}`);
  const console = await openPage(printed);
  await rows(console, id).waitFor();
  await live(console);

  const neighbour = await startNeighbour();
  onTestFinished(() => neighbour[Symbol.asyncDispose]());
  const page = await console.context().newPage();
  // Linked from nowhere, and linked from the console.
  await page.goto(`http://127.0.0.1:${neighbour.port}/`);
  expect(await attack(page, api)).toEqual(NOTHING);
  await postForm(page, `${api}send`);
  await frame(page, printed);
  expect(page.frames().map((each) => each.url())).toEqual([page.url(), BLOCKED]);
  await page.evaluate(() => fetch('/', { credentials: 'include' }));
  await console.evaluate((to) => {
    location.href = to;
  }, page.url());
  await console.getByText('Elsewhere').waitFor();

  expect(neighbour.received.length).toBeGreaterThanOrEqual(3);
  for (const text of await useWhatCame(neighbour, `${api}messages`)) {
    expect(text).not.toContain(id);
  }
  const stored = await page.evaluate(() => Object.values({ ...localStorage }));
  expect(stored).toEqual([]);
  expect(await page.evaluate(() => document.cookie)).toBe('');
  const { origins } = await page.context().storageState();
  const [secret = ''] = origins
    .filter((each) => each.origin === origin)
    .flatMap(({ localStorage }) => localStorage.map(({ value }) => value))
    .filter((value) => SECRET.test(value));
  expect(secret).toMatch(SECRET);
  for (const text of [code, secret]) {
    expect(JSON.stringify(neighbour.received)).not.toContain(text);
  }
  expect(await console.context().cookies()).toEqual([]);
});
