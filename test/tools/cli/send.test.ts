import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stringify } from 'csv-stringify/sync';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { MALFORMED, MALFORMED_KINDS } from '../../../tools/pbx-simulator/request.ts';
import { startTestStack } from '../../helpers/local-stack.ts';
import { temporaryDir } from '../local/temporary-dir.ts';
import { type CliOptions, documentsOf, runCli, startCli } from './run-cli.ts';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack?.close());

const send = (args: readonly string[] = [], options?: CliOptions) =>
  runCli(['send', ...args], options);
const toStack = (...args: string[]) => send([`--local=${stack.url}`, ...args]);
async function stored(id: string) {
  return documentsOf(await runCli(['show', id, '--json', `--local=${stack.url}`]))[0];
}

/** A server that answers these one after another, and the last one for ever. */
async function answering(...statuses: number[]) {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(await text(request));
    const status = statuses[Math.min(bodies.length, statuses.length) - 1] ?? 500;
    response.writeHead(status).end(`answer ${bodies.length}`);
  });
  const port = await listen(server);
  onTestFinished(() => hangUp(server));
  return { url: `http://localhost:${port}/sms/s3cret`, bodies };
}

describe('send', () => {
  it.each(['/', '//?again=s3cret', '#s3cret', '/%73%33cret'])(
    'shows no token of a URL that ends with %s, nor one in an answer',
    async (end) => {
      const server = createServer((_, response) => void response.end(`at /SMS/s3cret${end}`));
      const url = `http://localhost:${await listen(server)}`;
      onTestFinished(() => hangUp(server));
      const args = ['--url', `${url}/sms/s3cret${end}`];
      const { code, stdout, stderr } = await send(args);
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: `To ${url}/sms/********\n1 of 1 delivered.\n`,
      });
      expect(stdout).toMatch(/at \/SMS\/\*{8}\n$/);
      const [document] = documentsOf(await send([...args, '--json']));
      expect(document.attempts).toMatchObject([{ status: 200, body: 'at /SMS/********' }]);
    },
  );

  it.each([
    [['--url', 'htp://host/sms/s3cret/'], '--url must be an http or https URL'],
    [['http://host/sms/s3cret/'], 'error: too many arguments'],
    [['--rate', '/sms/s3cret/'], "argument '/sms/********"],
    [['--local', 'host/sms/s3cret/'], '/sms/********'],
    [['--local', 'http://localhost:1/sms/s3cret/'], 'http://localhost:1/sms/********'],
  ])('quotes no token in an error about %j', async (args, message) => {
    const { code, stdout, stderr } = await send(args);
    expect(code).toBeGreaterThan(1);
    expect(stderr).toContain(message);
    expect(stdout + stderr).not.toContain('s3cret');
  });

  it('sends one message to a stack, and shows the answer', async () => {
    const { code, stdout, stderr } = await toStack('--body', 'Hello', '--field', 'colour=red');
    expect(code).toBe(0);
    const [, id = ''] = /^(\S{36})\t1\t200\t\d+\t\{"outcome":"published".*\}\n$/.exec(stdout) ?? [];
    expect(stderr).toBe(`To ${stack.url}/sms/********\n1 of 1 delivered.\n`);
    expect(await stored(id)).toMatchObject({
      body: 'Hello',
      from: '+61491570006',
      sms_number: '+61491570156',
      state: 'published',
      extra: { colour: 'red', webhook_url_fallback: 'you@example.com' },
    });
  });

  it('posts the form of the guide to any endpoint, without any stack', async () => {
    const { url, bodies } = await answering(200);
    const given = ['--from', '+61491570110', '--to', '+61491570157', '--body', 'Olé & more'];
    const result = await send(['--url', url, '--id', 'm-1', ...given]);
    expect(result).toMatchObject({ code: 0 });
    expect(result.stdout + result.stderr).not.toContain('s3cret');
    expect(bodies).toHaveLength(1);
    expect([...new URLSearchParams(bodies[0])]).toEqual([
      ['service_id', '12345'],
      ['from', '+61491570110'],
      ['sms_number', '+61491570157'],
      ['body', 'Olé & more'],
      ['message_id', 'm-1'],
      ['timestamp', expect.stringMatching(/^\d{10}$/)],
      ['webhook_url', url],
      ['webhook_url_fallback', 'you@example.com'],
    ]);
  });

  it('takes only 200 for delivered, and shows every attempt', async () => {
    const { url, bodies } = await answering(503, 204, 200);
    const { code, stdout } = await send(['--url', url, '--retry-delay', '0.01']);
    expect(code).toBe(0);
    const shown = [...stdout.matchAll(/\t(\d)\t(\d{3})\t\d+\t(.*)$/gm)];
    expect(shown.map(([, ...cells]) => cells)).toEqual([
      ['1', '503', 'answer 1'],
      ['2', '204', ''],
      ['3', '200', 'answer 3'],
    ]);
    expect(new Set(bodies).size).toBe(1);
  });

  it('gives up after 10 attempts and ends with 1', async () => {
    const { url, bodies } = await answering(503);
    const { code, stderr } = await send(['--url', url, '--retry-delay', '0']);
    expect(code).toBe(1);
    expect(stderr).toContain('error: 1 of 1 were not delivered. A real PBX would e-mail them.\n');
    expect(bodies).toHaveLength(10);
  });

  it('is for scripts with --json: a document a message', async () => {
    const { url } = await answering(500, 200);
    const result = await send(['--url', url, '--json', '--id', 'm-1', '--retry-delay', '0']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(documentsOf(result)).toEqual([
      {
        message_id: 'm-1',
        copy: 0,
        delivered: true,
        emailed: false,
        attempts: [
          { status: 500, body: 'answer 1', ms: expect.any(Number) },
          { status: 200, body: 'answer 2', ms: expect.any(Number) },
        ],
      },
    ]);
  });

  it('says why there was no answer', async () => {
    const server = createServer();
    const port = await listen(server);
    await hangUp(server);
    const { code, stdout } = await send(['--url', `http://localhost:${port}`, '--attempts', '1']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/\t1\tnone\t\d+\tnothing listens at [^ ]+:\d+ \(ECONNREFUSED\)$/m);
  });

  it('sends the same message several times at once: it is stored once', async () => {
    const args = ['--duplicates', '3', '--id', 'again', '--json', '--retry-delay', '0.05'];
    const result = await toStack(...args, '--attempts', '100');
    expect(result.code).toBe(0);
    const documents = documentsOf(result);
    expect(documents.map(({ copy }) => copy).toSorted()).toEqual([0, 1, 2, 3]);
    const outcomes = documents.map(({ attempts }) => JSON.parse(attempts.at(-1).body).outcome);
    expect(outcomes.toSorted()).toEqual(['duplicate', 'duplicate', 'duplicate', 'published']);
  });

  it('sends --count messages, --concurrency at once', async () => {
    const result = await toStack('--count', '7', '--concurrency', '3', '--rate', '1000', '--json');
    expect(result.code).toBe(0);
    expect(new Set(documentsOf(result).map(({ message_id }) => message_id)).size).toBe(7);
  });

  it.each(MALFORMED_KINDS)('makes a request that is refused: %s', async (kind) => {
    const result = await toStack('--malformed', kind, '--attempts', '1', '--json');
    expect(result.code).toBe(1);
    const { attempts } = documentsOf(result)[0];
    expect(attempts).toMatchObject([{ status: MALFORMED[kind].status }]);
  });

  it('ends at once when it is stopped', async () => {
    const { url, bodies } = await answering(503);
    const running = await startCli(['send', '--url', url, '--retry-delay', '1000']);
    await expect.poll(() => bodies.length, { timeout: 10_000 }).toBe(1);
    running.child.kill('SIGINT');
    expect(await running.result).toMatchObject({ code: 130 });
    expect(bodies).toHaveLength(1);
  });

  it.each([
    [['--url', 'ftp://host/'], '--url must be an http or https URL'],
    [['--url', 'http://host/', '--local'], 'cannot be used with'],
    [['--url', 'http://host/', '--field', 'colour'], 'It must be NAME=VALUE'],
    [
      ['--url', 'http://host/', '--csv', 'a.csv', '--count', '2'],
      '--count cannot be used with --csv',
    ],
    [['--url', 'http://host/', '--id', 'x', '--count', '2'], '--id is for one message'],
    [['--url', 'http://host/', '--malformed', 'x'], 'Allowed choices are no-message-id'],
    [['--url', 'http://host/', '--retry-delay', 'soon'], 'It must be seconds'],
    [['--url', 'http://host/', '--exact'], '--exact needs --csv'],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await send(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('send --csv', () => {
  async function folderWith(csv: string): Promise<string> {
    const cwd = await temporaryDir();
    await writeFile(join(cwd, 'messages.csv'), csv);
    return cwd;
  }
  const formsOf = (bodies: readonly string[]) =>
    bodies.map((body) => Object.fromEntries(new URLSearchParams(body)));

  it('sends a message for each row, with options for missing columns', async () => {
    const rows = [
      ['message_id', 'from', 'body', 'webhook_url'],
      ['m-1', '+61491570110', 'a,\n"b"', 'http://x'],
      ['m-2', '', '', ''],
    ];
    const cwd = await folderWith(`\ufeff${stringify(rows)}\n`);
    const { url, bodies } = await answering(200);
    const args = ['--url', url, '--csv', 'messages.csv', '--to', '+61491570157', '--body', 'x'];
    expect(await send(args, { cwd })).toMatchObject({ code: 0 });
    const forms = formsOf(bodies);
    expect(forms).toMatchObject([
      { message_id: 'm-1', from: '+61491570110', body: 'a,\n"b"', webhook_url: 'http://x' },
      { message_id: 'm-2', from: '', body: '', sms_number: '+61491570157', service_id: '12345' },
    ]);
    expect(forms[1]).not.toHaveProperty('webhook_url');
  });

  it.each([
    ['for spreadsheets', []],
    ['exact', ['--exact']],
  ])('sends what was exported, from stdin: %s', async (_, exact) => {
    const id = `to-export-${exact.length}`;
    await toStack('--id', id, '--body', "'=1\n;+2", '--from', '', '--field', 'colour=red');
    const local = `--local=${stack.url}`;
    const { stdout: csv } = await runCli(['export', local, '--format', 'csv', ...exact]);
    const { url, bodies } = await answering(200);
    const { code } = await send(['--url', url, '--csv', '-', ...exact], { input: csv });
    expect(code).toBe(0);
    const again = formsOf(bodies).find(({ message_id }) => message_id === id);
    const { from, sms_number, body, timestamp, service_id, extra } = await stored(id);
    const fields = { message_id: id, from, sms_number, body, service_id };
    expect(again).toEqual({ ...fields, timestamp: String(timestamp), ...extra });
    expect(again).toMatchObject({ from: '', body: "'=1\n;+2", colour: 'red' });
  });

  it('sends nothing of a file with a wrong row', async () => {
    const cwd = await folderWith('message_id,body\nm-1,a\nm-2,b,c\n');
    const { url, bodies } = await answering(200);
    const { code, stdout, stderr } = await send(['--url', url, '--csv', 'messages.csv'], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(
      'error: messages.csv, line 3: it has 3 cells, and the first line names 2 columns.\n',
    );
    expect(bodies).toEqual([]);
  });

  it.each([
    ['other.csv', '', 'other.csv: there is no such file.'],
    ['-', '', 'stdin: there are no messages in it.'],
    ['-', 'from;boddy\n', 'stdin, line 1: there is no field "boddy". Do you mean body?'],
  ])('is an error if %s says %j', async (file, input, message) => {
    const { url, bodies } = await answering(200);
    const { code, stderr } = await send(['--url', url, '--csv', file], { input });
    expect(code).toBe(2);
    expect(stderr).toContain(`error: ${message}`);
    expect(bodies).toEqual([]);
  });
});
