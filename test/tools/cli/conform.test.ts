import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { smsReceiver } from '../../../examples/verify-signature.ts';
import { post } from '../../../lib/forwarding/post.ts';
import { MESSAGE_FORMATS, type MessageFormat } from '../../../lib/messages/notification.ts';
import { idsToCompare, play, type Verdict } from '../../../tools/cli/conform/play.ts';
import { PROMISES } from '../../../tools/cli/conform/promises.ts';
import { Receiver } from '../../../tools/cli/conform/receiver.ts';
import { main } from '../../../tools/cli/main.ts';
import { anchorsOf } from '../../helpers/headings.ts';
import { has } from '../../helpers/shell.ts';
import { temporaryDir } from '../local/temporary-dir.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { serve } from './in-place-of-aws.ts';
import { documentsOf, runCli } from './run-cli.ts';
import { lockOnId, receiverWith, WRONG_RECEIVERS } from './wrong-receivers.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const NAMES = PROMISES.map(({ name }) => name);
/** Short: one of the wrong receivers never answers. */
const LIMITS = { answerMs: 2_000, drainMs: 100 };

async function verdictsOn(url: string, format: MessageFormat = 'inbound-sms') {
  const receiver = new Receiver(url, SECRET, format, (request) => post(request, undefined, LIMITS));
  const verdicts: Verdict[] = [];
  for await (const verdict of play(receiver)) verdicts.push(verdict);
  return { verdicts, ids: idsToCompare(receiver.exchanges), exchanges: receiver.exchanges };
}

const namesOf = (verdicts: readonly Verdict[], wanted: boolean | null) =>
  verdicts.filter(({ isKept }) => isKept === wanted).map(({ promise }) => promise.name);

/** The example in TypeScript. @returns Its URL, and what it has kept. */
async function startExample() {
  const kept = new Map<string, number>();
  const keepOnce = async (id: string) => void kept.set(id, (kept.get(id) ?? 0) + 1);
  return { url: await serve(smsReceiver({ secret: SECRET, keepOnce })), kept };
}

async function startPython(): Promise<string> {
  const file = fileURLToPath(new URL('../../../examples/verify_signature.py', import.meta.url));
  const DATABASE = join(await temporaryDir(), 'sms.db');
  const child = spawn('python3', ['-B', file], {
    env: { PATH: process.env.PATH, SMS_SECRET: SECRET, DATABASE, PORT: '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill());
  const [line] = await once(createInterface(child.stdout), 'line');
  return `http://127.0.0.1:${/\d+$/.exec(line)?.[0]}/`;
}

describe('a receiver that keeps every promise', () => {
  it.each(MESSAGE_FORMATS)('is the example in TypeScript, with %s', async (format) => {
    const { url, kept } = await startExample();
    const { verdicts, ids } = await verdictsOn(url, format);
    expect(namesOf(verdicts, true)).toEqual(NAMES);
    // What it says of the database is what the database has.
    expect([...kept.keys()].toSorted()).toEqual(ids.once.toSorted());
    expect(ids.never.length).toBeGreaterThan(5);
    for (const id of ids.never) expect(kept.has(id)).toBe(false);
  });

  it.runIf(has('python3'))('is the example in Python', async () => {
    const { verdicts } = await verdictsOn(await startPython());
    expect(namesOf(verdicts, true)).toEqual(NAMES);
  });

  it('is the receiver that the wrong ones change', async () => {
    const { verdicts } = await verdictsOn(await serve(receiverWith(SECRET, {})));
    expect(namesOf(verdicts, true)).toEqual(NAMES);
  });

  it('may refuse a copy while it works on another', async () => {
    const lock = lockOnId();
    const late = async ({ headers }: { headers: Record<string, unknown> }) =>
      (await lock(String(headers['webhook-id']))) ? undefined : 503;
    const { verdicts, exchanges } = await verdictsOn(await serve(receiverWith(SECRET, { late })));
    expect(namesOf(verdicts, true)).toEqual(NAMES);
    expect(exchanges.map(({ sent }) => sent)).toContain(
      'copy 5 of 5 at the same time, again after 503',
    );
  });
});

describe('a wrong receiver', () => {
  it.each(WRONG_RECEIVERS)('that %s breaks %j, and no other promise', async (_, breaks, parts) => {
    const { verdicts } = await verdictsOn(await serve(receiverWith(SECRET, parts())));
    expect(namesOf(verdicts, false)).toEqual(breaks);
  });

  it('exists for every promise', () => {
    const broken = new Set(WRONG_RECEIVERS.flatMap(([, breaks]) => breaks));
    expect([...broken].toSorted()).toEqual(NAMES.toSorted());
  });
});

describe('inbound-sms conform', () => {
  const run = (args: readonly string[], input = '', env = {}) =>
    runCli(['conform', ...args], { input, env });

  it('takes the secret from stdin, a variable or an option, and prints it nowhere', async () => {
    const { url } = await startExample();
    for (const result of [
      await run([url], `${SECRET}\n`),
      await run([url], '', { INBOUND_SMS_SECRET: SECRET }),
      await run([url, '--secret', SECRET]),
    ]) {
      expect(result).toMatchObject({ code: 0 });
      expect(result.stdout.match(/^pass\t/gm)).toHaveLength(NAMES.length);
      expect(result.stderr).toContain(`${NAMES.length} of ${NAMES.length} promises kept`);
      expect(result.stderr).toMatch(/^ {2}once {3}conform-[\da-f]{8}-1$/m);
      expect(result.stdout + result.stderr).not.toContain(SECRET.slice(6));
    }
  });

  it('ends with 1, and says what was sent, expected and answered, and where to read on', async () => {
    const late = ({ message }: { message: { from: string } }) =>
      message.from === 'MyShop' ? 422 : undefined;
    const url = await serve(receiverWith(SECRET, { late }));
    const { code, stdout, stderr } = await run([url], SECRET);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^FAIL\tsender\t.*\tfrom MyShop \(conform-\S+\): expected 2xx, got 422 after \d+ ms\tdocs\/message-contract\.md#inbound-sms$/m,
    );
    expect(stderr).toContain('error: The receiver breaks these promises: sender.\n');

    const documents = documentsOf(await run([url, '--json'], SECRET));
    expect(documents.find(({ promise }) => promise === 'sender')).toMatchObject({
      passed: false,
      exchanges: [
        { sent: 'from MyShop', expected: 'accepted', came: '422', passed: false },
        { came: '200', passed: true },
        { came: '200', passed: true },
      ],
    });
    expect(documents.at(-1)).toMatchObject({ passed: NAMES.length - 1, failed: 1, not_tried: 0 });
  });

  it('shows all of a fault on a terminal, below its row', async () => {
    const late = ({ message }: { message: { from: string } }) =>
      message.from === 'MyShop' ? 422 : undefined;
    const url = await serve(receiverWith(SECRET, { late }));
    const { runtime, read } = fakeTerminal({ INBOUND_SMS_SECRET: SECRET }, 80);
    expect(await main(['conform', url], runtime)).toBe(1);
    expect(stripVTControlCharacters(read())).toMatch(
      /^FAIL +sender .*\n {2}from MyShop \(conform-\S+\): expected 2xx, got 422 after \d+ ms\n {2}See docs\/message-contract\.md#inbound-sms\n/m,
    );
  });

  it('tries nothing else if an ordinary message is refused', async () => {
    const url = await serve(receiverWith(SECRET, { isSigned: () => false }));
    const { code, stdout, stderr } = await run([url], SECRET);
    expect(code).toBe(1);
    expect(stdout.match(/^not tried\t/gm)).toHaveLength(NAMES.length - 2);
    expect(stderr).toContain('check the secret, and that the receiver');
  });

  it('waits as long as a receiver that limits requests says', async () => {
    const { url } = await startExample();
    const pauses: number[] = [];
    let left = 2;
    const send = async (request: Parameters<typeof post>[0]) => {
      if (left-- > 0) return { status: 429, retryAfter: '7' };
      return post(request, undefined, LIMITS);
    };
    const pause = async (ms: number) => void pauses.push(ms);
    const receiver = new Receiver(url, SECRET, 'inbound-sms', send, pause);
    const verdicts: Verdict[] = [];
    for await (const verdict of play(receiver)) verdicts.push(verdict);
    expect(namesOf(verdicts, true)).toEqual(NAMES);
    expect(pauses).toEqual([7_000, 7_000]);
  });

  it('stops at a receiver that answers 429 only, or not at all', async () => {
    const { url } = await startExample();
    for (const end of [{ status: 429 }, { fault: 'connection refused' }]) {
      let left = 12;
      const receiver = new Receiver(
        url,
        SECRET,
        'inbound-sms',
        async (request) => (left-- > 0 ? post(request, undefined, LIMITS) : end),
        async () => {},
      );
      const verdicts: Verdict[] = [];
      for await (const verdict of play(receiver)) verdicts.push(verdict);
      expect(namesOf(verdicts, false)).toHaveLength(1);
      expect(namesOf(verdicts, null).length).toBeGreaterThan(5);
    }
  });

  it('says at which promise a receiver has ended', async () => {
    const example = smsReceiver({ secret: SECRET, keepOnce: async () => {} });
    let left = 12;
    const server = createServer((request, response) => {
      if (left-- > 0) return example(request, response);
      server.closeAllConnections();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await runCli(['conform', `http://127.0.0.1:${port}/`], {
      input: SECRET,
    });
    expect(code).toBe(1);
    expect(stderr).toContain('The receiver stopped at the promise');
    expect(stderr).toContain('connection refused');
  });

  it('says that nothing listens at the URL', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : expect.unreachable();
    server.close();
    await once(server, 'close');
    const { code, stdout } = await run([`http://127.0.0.1:${port}/`], SECRET);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL\tin-time\t.*got connection refused/);
  });

  it.each([
    ['ftp://example.com/t0ken', SECRET, 'must be an http or https URL'],
    ['t0ken', SECRET, 'must be an http or https URL'],
    ['http://localhost/', '\n', 'The secret is empty.'],
    ['http://localhost/', 'not-a-t0ken', 'not base64 of 24 to 64 bytes'],
  ])('refuses %s with the secret %j', async (url, secret, message) => {
    const { code, stdout, stderr } = await run([url], secret);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('t0ken');
  });
});

describe('the documents', () => {
  const read = (file: string) => readFile(new URL(`../../../${file}`, import.meta.url), 'utf8');

  it.each(PROMISES.map(({ name, docs }) => [name, docs]))('of %s are at %s', async (_, docs) => {
    const [file = '', anchor] = docs.split('#');
    const document = await read(file);
    if (anchor !== undefined) expect(anchorsOf(document)).toContain(anchor);
  });

  it('list every promise', async () => {
    const section = (await read('docs/cli.md')).split('\n## conform\n')[1]?.split('\n## ')[0] ?? '';
    const listed = [...section.matchAll(/^\| `([a-z-]+)` /gm)].map(([, name]) => name);
    expect(listed).toEqual(NAMES);
  });
});
