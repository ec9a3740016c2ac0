import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished, vi } from 'vitest';
import { API_PATH } from '../../../../tools/console/protocol.ts';
import { startTestStack } from '../../../helpers/local-stack.ts';
import { temporaryDir } from '../../local/temporary-dir.ts';
import { ConsoleStack } from './console-stack.ts';
import { tapEvents } from './event-tap.ts';

function servers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
}

it('without the console there is no page and no proxy', async () => {
  const before = servers();
  const stack = await startTestStack();
  onTestFinished(() => stack.close());
  expect(stack.consoleUrl).toBeUndefined();
  for (const path of ['/', `${API_PATH}stack`]) {
    expect((await fetch(stack.url + path)).status).toBe(404);
  }
  // The gateway and the two emulators.
  expect(servers() - before).toBe(3);
});

it('with the console the page is at the root, and the webhook where it was', async () => {
  await using service = await ConsoleStack.start();
  const { stack } = service;
  expect(stack.consoleUrl).toBe(`${stack.url}/`);
  const page = await fetch(`${stack.url}/`);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<title>inbound-sms</title>');
  expect(await service.get('stack')).toEqual({
    session: expect.any(String),
    name: 'inbound-sms-local',
    region: 'ap-southeast-2',
    isLocal: true,
    activityMs: 3_600_000,
    subscribers: [],
    messageFormat: 'inbound-sms',
    country: 'AU',
    webhookUrl: stack.webhookUrl,
    canReplay: true,
    selector: `--local=${stack.url}`,
  });
  // What the API had before is its own still.
  expect((await fetch(`${stack.url}/`, { method: 'POST' })).status).toBe(404);
  expect((await fetch(`${stack.url}/sms/test`)).status).toBe(405);
  expect((await fetch(`${stack.url}/_stack`)).status).toBe(200);
  expect((await fetch(`${stack.url}/sms`)).status).toBe(404);
});

it('closed, it leaves nothing that runs and no files', async () => {
  vi.stubEnv('TMPDIR', await temporaryDir());
  onTestFinished(() => void vi.unstubAllEnvs());
  const before = servers();
  const service = await ConsoleStack.start();
  await tapEvents(service.stack.url);
  await service.chaos({ snsDown: true });
  const sms = { from: '1', sms_number: '2', body: 'Hello', count: 20, retryDelayMs: 60_000 };
  await service.post('send', sms);
  expect(servers()).toBeGreaterThan(before);
  expect(await readdir(tmpdir())).not.toEqual([]);
  await service[Symbol.asyncDispose]();
  expect(servers()).toBe(before);
  expect(await readdir(tmpdir())).toEqual([]);
});
