import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { ask, asPage, beginSession, open } from '../../helpers/console-site.ts';
import { postForm, startTestStack, subscribeQueue } from '../../helpers/local-stack.ts';
import { documentsOf, type RunningCli, runCli, startCli } from './run-cli.ts';
import { publishedAt, store } from './stored-messages.ts';

const FORM = { from: '+61491570006', sms_number: '+61491570156', body: 'Hello' };

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack?.close());

interface RunningConsole {
  readonly running: RunningCli;
  readonly url: string;
  /** As printed, with the session. */
  readonly printed: string;
  readonly headers: Readonly<Record<string, string>>;
  get(path: string): ReturnType<typeof ask>;
}

const PRINTED = /^(http:\/\/127\.0\.0\.1:\d+)\/#session=[\w-]{43}$/m;

async function startConsole(...args: string[]): Promise<RunningConsole> {
  const running = await startCli(['console', `--local=${stack.url}`, ...args]);
  await vi.waitFor(() => expect(running.stdout() + running.stderr()).toMatch(PRINTED), 20_000);
  const [printed = '', url = ''] = PRINTED.exec(running.stdout()) ?? [];
  const headers = await beginSession(printed);
  const get = (path: string) => ask(`${url}/_console/api/${path}`, { headers });
  return { running, url, printed, headers, get };
}

describe('console', () => {
  it('serves the page to the first browser with the printed URL, and only reads', async () => {
    const { running, url, printed, headers, get } = await startConsole();
    expect(running.stdout()).toBe(`${printed}\n`);
    await vi.waitFor(() =>
      expect(running.stderr()).toBe(
        'This is the console of inbound-sms-local. To end it, press Ctrl-C.\n',
      ),
    );
    const page = await ask(`${url}/`);
    expect(page.text).toContain('<div id="console">');
    expect((await ask(`${url}/_console/page.js`)).status).toBe(200);
    expect((await ask(`${url}/_console/api/stack`)).status).toBe(401);
    expect((await get('stack')).json).toEqual({
      session: expect.any(String),
      name: 'inbound-sms-local',
      region: 'ap-southeast-2',
      isLocal: false,
      messageFormat: 'inbound-sms',
      country: 'AU',
      canReplay: false,
      selector: expect.stringMatching(/^--local=http:/),
      activityMs: 900_000,
      subscribers: [],
    });
    expect((await get('counters')).status).toBe(404);
    const request = { ...asPage(url, { message_ids: ['a'] }), method: 'POST' };
    const replay = await ask(`${url}/_console/api/replay`, {
      ...request,
      headers: { ...request.headers, ...headers },
    });
    expect(replay).toMatchObject({ status: 403, json: { title: 'This console is read-only' } });
    running.child.kill('SIGINT');
    expect(await running.result).toMatchObject({ code: 130, stdout: `${printed}\n` });
  });

  it('shows the history of a message from the table and the log', async () => {
    const { get } = await startConsole();
    const form = { ...FORM, message_id: 'message-1' };
    expect((await postForm(stack.webhookUrl, form)).status).toBe(200);
    expect((await postForm(stack.webhookUrl, { ...form, body: 'Other' })).status).toBe(409);
    const { json: page } = await get('messages?search=0491570006&state=conflict');
    expect(page.messages).toMatchObject([
      { message_id: 'message-1', body: 'Hello', state: 'published', conflicts: 1 },
    ]);
    const { json: detail } = await get('messages/message-1');
    expect(detail).toMatchObject({
      record: { body: 'Hello' },
      notification: { attributes: { message_id: 'message-1' } },
      timeline: [
        { kind: 'attempt', status: 200, outcome: 'published' },
        { kind: 'attempt', status: 409, outcome: 'conflict' },
      ],
      hasCalls: false,
    });
    const { json: known } = await get('attempts');
    expect(known).toMatchObject({ attempts: [{ outcome: 'published' }, { outcome: 'conflict' }] });
  });

  it('reports new messages', async () => {
    const { url, headers, get } = await startConsole();
    const events = await open(`${url}/_console/api/events`, { headers });
    onTestFinished(() => void events.destroy());
    let text = '';
    events.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    await vi.waitFor(() => expect(text).toMatch(/^event: hello\n/));
    // What the first reading of the log finds is no event: this waits until it is over.
    expect((await get('attempts')).status).toBe(200);
    await postForm(stack.webhookUrl, { ...FORM, message_id: 'message-2' });
    await vi.waitFor(() => {
      expect(text).toMatch(/event: message\ndata: \{"message_id":"message-2".*"published"/);
      expect(text).toMatch(/event: attempt\ndata: .*"message_id":"message-2"/);
    }, 15_000);
  });

  it('publishes again with --allow-replay', async () => {
    const received = Date.parse('2021-11-07T10:00:00Z');
    const record = someRecord({ received_at: received, ...publishedAt(received) });
    await store(stack, [record]);
    await using queue = await subscribeQueue(stack);
    const { url, headers, get } = await startConsole('--allow-replay');
    expect((await get('stack')).json.canReplay).toBe(true);
    const { headers: own, body = '' } = asPage(url, { message_ids: [record.message_id] });
    const { json } = await ask(`${url}/_console/api/replay`, {
      method: 'POST',
      headers: { ...own, ...headers },
      body,
    });
    expect(json).toMatchObject({ published: 1, pending: 0, refused: 0 });
    const [notification] = await queue.receive(1);
    expect(notification?.attributes).toMatchObject({
      message_id: record.message_id,
      replay: json.replay,
    });
  });

  it('shows messages in the format of --format', async () => {
    const { get } = await startConsole('--format', 'aws-two-way-sms');
    const form = { ...FORM, message_id: 'message-3' };
    expect((await postForm(stack.webhookUrl, form)).status).toBe(200);
    expect((await get('stack')).json.messageFormat).toBe('aws-two-way-sms');
    const { json } = await get('messages/message-3');
    expect(JSON.parse(json.notification.message)).toMatchObject({
      inboundMessageId: 'message-3',
      messageBody: 'Hello',
    });
  });

  it('is for scripts with --json, and on the port that it is given', async () => {
    const free = createServer();
    const port = await listen(free);
    await hangUp(free);
    const args = ['console', `--local=${stack.url}`, '--json', '--port', String(port)];
    const running = await startCli(args);
    await vi.waitFor(() => expect(running.stdout()).toContain('\n'), 20_000);
    running.child.kill('SIGTERM');
    const result = await running.result;
    expect(result).toMatchObject({ code: 143, stderr: '' });
    const expected = expect.stringMatching(`^http://127\\.0\\.0\\.1:${port}/#session=`);
    expect(documentsOf(result)).toEqual([
      { stack: 'inbound-sms-local', url: expected, replay: false },
    ]);
  });

  it('takes any port that is free: two of them run side by side', async () => {
    const [one, other] = [await startConsole(), await startConsole()];
    expect((await one.get('stack')).status).toBe(200);
    expect((await other.get('stack')).status).toBe(200);
  });

  it('ends with its streams open', async () => {
    const { running, url, headers } = await startConsole();
    const events = await open(`${url}/_console/api/events`, { headers });
    events.resume().on('error', () => {});
    running.child.kill('SIGINT');
    expect((await running.result).code).toBe(130);
  });

  it('says when the port is taken', async () => {
    const taken = createServer();
    const port = await listen(taken);
    onTestFinished(() => hangUp(taken));
    const args = ['console', `--local=${stack.url}`, '--port', String(port)];
    expect(await runCli(args)).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: Port ${port} is in use.\nGive another --port, or leave it out for any free port.\n`,
    });
  });

  it.each(['65536', '-1', 'http', '1.5', ''])('refuses --port=%s', async (port) => {
    const { code, stdout, stderr } = await runCli(['console', `--port=${port}`]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('It must be a port from 1 to 65535, or 0 for any free port.');
  });
});
