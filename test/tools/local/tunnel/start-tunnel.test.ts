import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { packageDir } from '../../../helpers/local-stack.ts';
import { FREE_PORTS, ready, running, type Started, start } from '../start-process.ts';
import { openPublicEdge, type PublicEdge } from './public-edge.ts';

const HOST = 'quick-brown-fox.trycloudflare.com';
/** The guide's test request, as the provider posts it. */
const form = (changes: Record<string, string> = {}) => ({
  service_id: 'YOUR_SERVICE_ID',
  from: '+61491570006',
  sms_number: '+61491570156',
  body: 'Test Message',
  message_id: randomUUID(),
  timestamp: '1576391654',
  ...changes,
});

interface Tunnelled {
  readonly started: Started;
  readonly edge: PublicEdge;
}

async function startTunnelled(
  args: string[],
  { host = HOST, programs = ['cloudflared'], env = {} as Record<string, string> } = {},
): Promise<Tunnelled> {
  const edge = await openPublicEdge(host);
  const folder = await edge.folderWith(...programs);
  const started = await start(['--package', packageDir(), ...args], {
    ...FREE_PORTS,
    ...edge.environment,
    PATH: `${folder}:/usr/bin:/bin`,
    ...env,
  });
  return { started, edge };
}

/** Waits until the tunnel is up. @returns The URL to paste. */
async function up({ started }: Tunnelled): Promise<URL> {
  await vi.waitFor(() => expect(started.output()).toContain('The tunnel is up.'), 60_000);
  return new URL(/Web Hook URL {2,}(\S+)/.exec(started.output())?.[1] ?? '');
}

const occurrences = (output: string, text: string) => output.split(text).length - 1;

test('an SMS that the PBX posts to the public URL is shown, and nothing else is reachable', async () => {
  const tunnelled = await startTunnelled(['--tunnel']);
  const { started, edge } = tunnelled;
  const localUrl = new URL(await ready(started));
  const { origin, pathname } = await up(tunnelled);
  expect(origin).toBe(`https://${HOST}`);
  expect(pathname).toMatch(/^\/sms\/[\w-]{43}$/);
  expect(started.output()).toMatch(/Web Hook Fallback Email {2}your own address/);
  // The token was not sent before it was known where the URL leads.
  expect(edge.targets.filter((target) => target === pathname)).toEqual([]);
  const { argv } = edge.registered[0] ?? {};
  expect(argv?.slice(0, 5)).toEqual([
    ...['cloudflared', 'tunnel', '--no-autoupdate', '--config', '/dev/null'],
  ]);

  const message = form({ webhook_url: origin + pathname });
  expect(await edge.post(pathname, message)).toMatchObject({ status: 200 });
  await vi.waitFor(() => expect(started.output()).toContain(`message_id ${message.message_id}`));
  expect((await edge.get(pathname)).status).toBe(405);

  const sent = await edge.post('/sms/test', form());
  expect(sent.status).toBe(404);
  expect((await fetch(new URL('/sms/test', localUrl), { method: 'POST' })).status).toBe(404);
  for (const path of ['/', '/_stack', '/_console/api/events', '/sms', `${pathname}/..%2f..%2f`]) {
    expect(await edge.get(path, { host: localUrl.host }), path).toEqual({
      status: 404,
      body: '{"message":"Not Found"}',
    });
  }
  // Where the console is, for those on this machine.
  expect((await fetch(new URL('/', localUrl))).status).toBe(200);

  // The token is shown in what to paste, and in the local URL and its example. Nowhere else.
  const token = pathname.slice('/sms/'.length);
  const shown = occurrences(started.output(), token);
  expect(occurrences(started.output(), `${origin}/sms/${token}`)).toBe(1);
  expect(shown).toBe(1 + occurrences(started.output(), `${localUrl.origin}/sms/${token}`));

  const { pid = 0 } = edge.registered[0] ?? {};
  expect(await running([pid])).toEqual([pid]);
  started.child.kill('SIGINT');
  expect(await started.exit).toEqual([0, null]);
  expect(await running([pid])).toEqual([]);
  expect(started.output()).not.toContain('TUNNEL IS DOWN');
}, 90_000);

test.each([
  ['ngrok, if there is no cloudflared', ['--tunnel'], 'ab12-203-0-113-7.ngrok-free.app', 'ngrok'],
  ['a given command', ['--tunnel', 'mine --to {url}'], 'fox.lhr.example', 'mine'],
  ['a command with a port', ['--tunnel=mine -R 80:localhost:{port}'], 'fox.lhr.example', 'mine'],
])(
  '%s leads to the webhook',
  async (_, args, host, program) => {
    const tunnelled = await startTunnelled(args, { host, programs: [program] });
    const { origin, pathname } = await up(tunnelled);
    expect(origin).toBe(`https://${host}`);
    expect(tunnelled.edge.registered[0]?.argv[0]).toBe(program);
    expect((await tunnelled.edge.post(pathname, form())).status).toBe(200);
    tunnelled.started.child.kill('SIGTERM');
    expect(await tunnelled.started.exit).toEqual([0, null]);
  },
  90_000,
);

test('with your own tokens the URL stays the same', async () => {
  const [old, current] = [randomUUID(), randomUUID()];
  const tunnelled = await startTunnelled(['--tunnel'], {
    env: { WEBHOOK_TOKENS: `${old},${current}` },
  });
  expect((await up(tunnelled)).pathname).toBe(`/sms/${current}`);
  expect((await tunnelled.edge.post(`/sms/${old}`, form())).status).toBe(200);
}, 90_000);

test('a program that ends is told loudly, without the token, and the stack goes on', async () => {
  const tunnelled = await startTunnelled(['--tunnel']);
  const { started, edge } = tunnelled;
  const localUrl = await ready(started);
  await up(tunnelled);
  process.kill(edge.registered[0]?.pid ?? 0, 'SIGKILL');
  await vi.waitFor(() => expect(started.output()).toContain('!!! THE TUNNEL IS DOWN'), 10_000);
  const [, after = ''] = started.output().split('!!! THE TUNNEL IS DOWN');
  expect(after).toMatch(/^: cloudflared has ended \(SIGKILL\)/);
  expect(after).toContain('INF Registered tunnel connection connIndex=0');
  expect(after).not.toContain(new URL(localUrl).pathname);
  const answer = await fetch(localUrl, { method: 'POST', body: new URLSearchParams(form()) });
  expect(answer.status).toBe(200);
}, 90_000);

test.each(['SIGINT', 'SIGKILL'] as const)(
  '%s ends a program that does not end when it is asked to',
  async (signal) => {
    const tunnelled = await startTunnelled(['--tunnel'], { env: { STAND_IN_OBEYS: 'no' } });
    await up(tunnelled);
    const { pid = 0 } = tunnelled.edge.registered[0] ?? {};
    tunnelled.started.child.kill(signal);
    expect(await tunnelled.started.exit).toEqual(signal === 'SIGINT' ? [0, null] : [null, signal]);
    await vi.waitFor(async () => expect(await running([pid])).toEqual([]), 5_000);
  },
  90_000,
);

test.each([
  [
    ['--tunnel'],
    {},
    /^--tunnel needs cloudflared or ngrok, .*\n {2}cloudflared {2}https:\S+ .*\n {2}ngrok {8}https:\S+ .*\nOr give .*--tunnel 'COMMAND \{port\}'\n$/,
  ],
  [['--tunnel', 'ssh -R 80:localhost:80 x'], {}, /must say where the tunnel leads: .*\{port\}/],
  [
    ['--tunnel=x {port}'],
    { WEBHOOK_TOKENS: 'test' },
    /WEBHOOK_TOKENS has 4 characters, and at least 22/,
  ],
  [['--tunnel=x {port}'], { EDGE_SECRETS: 'x' }, /--tunnel does not go with EDGE_SECRETS/],
])('%j %j is refused, saying why', async (args, env, message) => {
  const { exit, output } = await start(args, { ...FREE_PORTS, PATH: '/nowhere', ...env });
  expect(await exit).toEqual([1, null]);
  expect(output()).toMatch(message);
});

test('a program that cannot run is told with its own words', async () => {
  const { started } = await startTunnelled(['--tunnel', 'no-such-program {port}']);
  await vi.waitFor(() => expect(started.output()).toContain('!!! THE TUNNEL IS DOWN'), 60_000);
  expect(started.output()).toMatch(
    /no-such-program has ended \(exit code 127\).*\n.*\n {2}> .*not found/,
  );
}, 90_000);
