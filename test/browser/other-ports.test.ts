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

/** Asks the console, not by a browser, with whatever a browser gave away that could be a session. */
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
  const [, token = ''] = /session=([\w-]+)/.exec(printed) ?? [];
  const { origin } = new URL(printed);
  const api = `${origin}/_console/api/`;
  const secret = randomUUID();
  await service.deliver(secret, `A text that nobody else may read: ${secret}`);
  const console = await openPage(printed);
  await rows(console, secret).waitFor();
  await live(console);

  const neighbour = await startNeighbour();
  onTestFinished(() => neighbour[Symbol.asyncDispose]());
  const page = await console.context().newPage();
  // Linked from nowhere, and linked from the console.
  await page.goto(`http://127.0.0.1:${neighbour.port}/`);
  expect(await attack(page, api)).toEqual(NOTHING);
  await postForm(page, `${api}send`);
  await frame(page, `${origin}/#session=${token}`);
  expect(page.frames().map((each) => each.url())).toEqual([page.url(), BLOCKED]);
  await page.evaluate(() => fetch('/', { credentials: 'include' }));
  await console.evaluate((to) => {
    location.href = to;
  }, page.url());
  await console.getByText('Elsewhere').waitFor();

  expect(neighbour.received.length).toBeGreaterThanOrEqual(3);
  for (const text of await useWhatCame(neighbour, `${api}messages`)) {
    expect(text).not.toContain(secret);
  }
  expect(JSON.stringify(neighbour.received)).not.toContain(token);
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie);
  expect(kept).not.toContain(token);
  expect(await console.context().cookies()).toEqual([]);
});
