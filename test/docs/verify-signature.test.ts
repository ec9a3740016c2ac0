import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smsReceiver } from '../../examples/verify-signature.ts';
import { toHttps } from '../../lib/forwarding/https.ts';
import type { ForwardedMessage } from '../../lib/forwarding/outgoing.ts';
import { hangUp, listen } from '../../tools/local/listen.ts';
import { someForwarded } from '../fixtures/forwarded-message.ts';
import { has } from '../helpers/shell.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = `whsec_${Buffer.from('another secret, of 24 bytes').toString('base64')}`;

interface Receiver extends AsyncDisposable {
  readonly url: string;
  /** The kept messages by `webhook-id`. */
  kept(): Promise<Record<string, unknown>>;
}

async function startTypeScript({ broken = false } = {}): Promise<Receiver> {
  const messages = new Map<string, unknown>();
  const keepOnce = async (id: string, message: unknown) => {
    if (broken) throw new Error('not now');
    if (!messages.has(id)) messages.set(id, message);
  };
  const server = createServer(smsReceiver({ secret: SECRET, keepOnce }));
  const port = await listen(server);
  return {
    url: `http://localhost:${port}/`,
    kept: async () => Object.fromEntries(messages),
    [Symbol.asyncDispose]: () => hangUp(server),
  };
}

async function startPython({ broken = false } = {}): Promise<Receiver> {
  const directory = await mkdtemp(join(tmpdir(), 'inbound-sms-receiver-'));
  const database = join(directory, broken ? 'missing/sms.db' : 'sms.db');
  const file = fileURLToPath(new URL('../../examples/verify_signature.py', import.meta.url));
  const child = spawn('python3', ['-B', file], {
    env: { PATH: process.env.PATH, SMS_SECRET: SECRET, DATABASE: database, PORT: '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  const [line] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(() => expect.unreachable('python3 ended')),
  ]);
  const query = `import json, sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute("SELECT id, message FROM messages")
print(json.dumps({id: json.loads(message) for id, message in rows}))`;
  return {
    url: `http://127.0.0.1:${/\d+$/.exec(line)?.[0]}/`,
    async kept() {
      const { stdout } = await promisify(execFile)('python3', ['-c', query, database]);
      return JSON.parse(stdout);
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await exited;
      await rm(directory, { recursive: true });
    },
  };
}

function requestOf(
  changes: Partial<ForwardedMessage> = {},
  { secret = SECRET, now = Date.now() } = {},
) {
  const to = { name: 'crm', kind: 'https', url: '', secret: 'CRM_SECRET' } as const;
  const request = toHttps(someForwarded(changes), to, secret, now);
  return request.kind === 'post' ? request : expect.unreachable();
}

type Request = ReturnType<typeof requestOf>;

/** @returns The status; 0 if the receiver hung up. */
async function post({ url }: Receiver, { body, headers }: Request): Promise<number> {
  const answer = fetch(url, { method: 'POST', body, headers, keepalive: false });
  return answer.then(
    ({ status }) => status,
    () => 0,
  );
}

/** The text with its last letter or digit changed. */
const changed = (text = '') =>
  text.replace(/[a-z\d](?=[^a-z\d]*$)/i, (last) => (last === '0' ? '1' : '0'));

const RECEIVERS: [string, typeof startPython][] = [['TypeScript', startTypeScript]];
if (has('python3')) RECEIVERS.push(['Python', startPython]);

describe.each(RECEIVERS)('the receiver in %s', (_, start) => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await start();
  });
  afterAll(() => receiver?.[Symbol.asyncDispose]());

  it('keeps a genuine message', async () => {
    const request = requestOf({ message_id: 'genuine', body: 'über HTTPS 😀 \u0000' });
    expect(await post(receiver, request)).toBe(200);
    expect(await receiver.kept()).toMatchObject({ genuine: JSON.parse(request.body) });
  });

  it('keeps a message once if it comes again', async () => {
    const request = requestOf({ message_id: 'again', body: 'first' });
    const both = [post(receiver, request), post(receiver, request)];
    expect(await Promise.all(both)).toEqual([200, 200]);
    const replay = requestOf({ message_id: 'again', body: 'second', replay: 'run-1' });
    expect(await post(receiver, replay)).toBe(200);
    expect(await receiver.kept()).toMatchObject({ again: { body: 'first' } });
  });

  it.each([
    [`${SECRET} ${OTHER}`, 200],
    [`${OTHER} ${SECRET}`, 200],
    [OTHER, 401],
  ])('accepts a message with its own signature among others', async (secret, status) => {
    expect(await post(receiver, requestOf({}, { secret }))).toBe(status);
  });

  it.each<[string, (request: Request) => Request]>([
    ['body', (r) => ({ ...r, body: changed(r.body) })],
    ...['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
      (name): [string, (request: Request) => Request] => [
        name,
        (r) => ({ ...r, headers: { ...r.headers, [name]: changed(r.headers[name]) } }),
      ],
    ),
  ])('refuses a message with one changed byte in %s', async (_, change) => {
    const request = requestOf({ message_id: 'forged' });
    expect(await post(receiver, change(request))).toBe(401);
    expect(await receiver.kept()).not.toHaveProperty('forged');
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'refuses a message without %s',
    async (name) => {
      const request = requestOf({ message_id: 'unsigned' });
      const { [name]: _, ...headers } = request.headers;
      expect(await post(receiver, { ...request, headers })).toBe(401);
      expect(await receiver.kept()).not.toHaveProperty('unsigned');
    },
  );

  it.each([-6, 6])('refuses a message that is %i minutes from now', async (minutes) => {
    const request = requestOf({}, { now: Date.now() + minutes * 60_000 });
    expect(await post(receiver, request)).toBe(401);
  });

  it('does not answer 200 if it could not keep the message', async () => {
    await using broken = await start({ broken: true });
    expect(await post(broken, requestOf())).not.toBe(200);
  });
});
