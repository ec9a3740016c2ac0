import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { ConsoleStack } from '../tools/console/lab/console-stack.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';
import { expect, test } from './console-test.ts';
import { live } from './views.ts';

const ORIGIN = 'https://quick-brown-fox.trycloudflare.com';
const TOKEN = 'a-token-that-nobody-guesses';

test('the panel shows the public URL and whether the tunnel is up, live', async ({
  openPage,
  onTestFinished,
}) => {
  // The public URL leads to the door once the test says so.
  let port = 0;
  let isThere = false;
  const { fetch } = globalThis;
  vi.stubGlobal('fetch', async (url: string | URL, init?: RequestInit) => {
    const { origin, pathname } = new URL(url);
    if (origin !== ORIGIN) return fetch(url, init);
    if (!isThere) throw new TypeError('fetch failed');
    return fetch(`http://127.0.0.1:${port}${pathname}`, init);
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const pidFile = join(await temporaryDir(), 'pid');
  const service = await ConsoleStack.start({
    tunnel: {
      tokens: TOKEN,
      environment: { PATH: process.env.PATH },
      onStatus: () => {},
      untilNamed: async () => {},
      program: {
        name: 'cloudflared',
        argv(doorPort) {
          port = doorPort;
          return ['/bin/sh', '-c', `echo $$ > '${pidFile}'; echo ${ORIGIN}; exec sleep 600`];
        },
      },
    },
  });
  onTestFinished(() => service[Symbol.asyncDispose]());

  const page = await openPage(`${service.stack.url}/#/stack`);
  await live(page);
  const fact = (text: string) => page.getByRole('definition').filter({ hasText: text });
  await fact(`${ORIGIN} does not answer yet.`).waitFor();
  expect(await page.getByText('Public webhook URL').count()).toBe(0);

  isThere = true;
  await fact('up by cloudflared').waitFor();
  await fact(`${ORIGIN}/sms/${TOKEN}`).waitFor();
  await page.getByRole('button', { name: 'Copy the Public webhook URL' }).waitFor();
  await fact(service.stack.webhookUrl).waitFor();

  process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
  await fact('cloudflared has ended (SIGKILL). The PBX cannot reach this machine.').waitFor();
  expect(await page.getByText('Public webhook URL').count()).toBe(0);
  // It is the same for a page that is opened now.
  const other = await openPage(`${service.stack.url}/#/stack`);
  await other.getByText('cloudflared has ended (SIGKILL).').waitFor();
});
