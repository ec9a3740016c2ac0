import { randomUUID } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { API_PATH } from '../../../tools/console/protocol.ts';
import { listen } from '../../../tools/local/listen.ts';
import { packageDir, postForm } from '../../helpers/local-stack.ts';
import { childrenOf, FREE_PORTS, ready, running, START, start } from './start-process.ts';
import { temporaryDir } from './temporary-dir.ts';

const SMS = { from: '+61491570006', sms_number: '+61491570156', body: 'Hello', message_id: 'a-1' };

/** The operating system's answer without privileges. The tests may run as root. */
const FORBID_PORT_80 = `
  import net from 'node:net';
  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = function (port, ...others) {
    if (port !== 80) return listen.call(this, port, ...others);
    process.nextTick(() => this.emit('error', Object.assign(new Error('listen EACCES'), { code: 'EACCES' })));
    return this;
  };
`;

/** `localhost` as on some machines. */
const ONLY_IPV6 = `
  import dns from 'node:dns';
  import { syncBuiltinESMExports } from 'node:module';
  const { lookup } = dns;
  const found = { address: '::1', family: 6 };
  dns.lookup = (name, options, callback) => {
    if (name !== 'localhost') return lookup(name, options, callback);
    process.nextTick(() => (options.all ? callback(null, [found]) : callback(null, found.address, 6)));
  };
  dns.promises.lookup = async (name, options) => (options.all ? [found] : found);
  syncBuiltinESMExports();
`;

test('packages, says what to do, and shows published messages', async () => {
  const token = randomUUID();
  const started = await start([], { ...FREE_PORTS, WEBHOOK_TOKENS: token });
  const webhookUrl = await ready(started);
  expect(started.output()).toMatch(/^Packaging the service/);
  expect(webhookUrl).toMatch(new RegExp(`^http://localhost:\\d+/sms/${token}$`));
  const [, consoleUrl = ''] = /in your browser: {2}(\S+)/.exec(started.output()) ?? [];
  expect(consoleUrl).toBe(new URL('/', webhookUrl).href);
  const page = await fetch(consoleUrl);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const [command = ''] = /curl .*/.exec(started.output()) ?? [];
  expect(command).toMatch(`curl -X POST '${webhookUrl}' --data "service_id=YOUR_SERVICE_ID&from=`);
  const [, form = ''] = /--data "(.*)"/.exec(command) ?? [];
  expect((await postForm(webhookUrl, form)).status).toBe(200);
  await vi.waitFor(() =>
    expect(started.output()).toContain('from YOUR_FROM_NUMBER to YOUR_SMS_NUMBER'),
  );
  expect(started.output()).toContain('message_id 297abf7f-99d9-4b7d-9c46-1d7c13687b11');
  started.child.kill('SIGINT');
  expect(await started.exit).toEqual([0, null]);
  expect(await readdir(started.tmpDir)).toEqual([]);

  const again = await start([], { ...FREE_PORTS, WEBHOOK_TOKENS: token });
  const form2 = form.replace(/message_id=[^&]+/, `message_id=${randomUUID()}`);
  expect((await postForm(await ready(again), form2)).status).toBe(200);
  expect(again.output()).not.toContain('Packaging');
}, 120_000);

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s ends it and every process of it',
  async (signal) => {
    const started = await start(['--package', packageDir()]);
    await postForm(await ready(started), 'a=b');
    const children = await childrenOf(started);
    expect(children).toHaveLength(1);
    started.child.kill(signal);
    // npm passes on a signal that the terminal has already sent.
    started.child.kill(signal);
    expect(await started.exit).toEqual([0, null]);
    expect(await running(children)).toEqual([]);
  },
);

test('--no-console leaves the root path free', async () => {
  const started = await start(['--package', packageDir(), '--no-console']);
  const webhookUrl = await ready(started);
  expect(started.output()).not.toContain('browser');
  expect((await fetch(new URL('/', webhookUrl))).status).toBe(404);
});

test('leaves no function behind when it is killed', async () => {
  const started = await start(['--package', packageDir()]);
  await postForm(await ready(started), 'a=b');
  const children = await childrenOf(started);
  expect(children).toHaveLength(1);
  started.child.kill('SIGKILL');
  await started.exit;
  await vi.waitFor(async () => expect(await running(children)).toEqual([]), 5_000);
});

test('can be stopped while it packages', async () => {
  const started = await start([], { ...FREE_PORTS, WEBHOOK_TOKENS: randomUUID() });
  await vi.waitFor(async () => expect(await childrenOf(started)).toHaveLength(1), 10_000);
  const children = await childrenOf(started);
  started.child.kill('SIGINT');
  expect(await started.exit).toEqual([0, null]);
  expect(await running(children)).toEqual([]);
  expect(await readdir(started.tmpDir)).toEqual([]);
});

test.each(['PORT', 'SNS_PORT', 'DYNAMODB_PORT'])('%s in use is one sentence', async (variable) => {
  await using other = createServer();
  const port = await listen(other);
  const { output, exit } = await start(['--package', packageDir()], {
    ...FREE_PORTS,
    [variable]: String(port),
  });
  expect(await exit).toEqual([1, null]);
  expect(output()).toBe(
    `Port ${port} is in use: stop what uses it, or set ${variable} to another port.\n`,
  );
});

test('ignores AWS variables, proxies and a home folder that cannot be written', async () => {
  const nowhere = 'http://127.0.0.1:1';
  const started = await start(['--package', packageDir()], {
    ...FREE_PORTS,
    HOME: '/dev/null',
    AWS_PROFILE: 'no-such-profile',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: nowhere,
    AWS_ENDPOINT_URL_SNS: nowhere,
    AWS_MAX_ATTEMPTS: 'x',
    AWS_RETRY_MODE: 'x',
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_CONFIG_FILE: '/no/such',
    AWS_CA_BUNDLE: '/no/such',
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    ALL_PROXY: nowhere,
  });
  const webhookUrl = await ready(started);
  expect((await postForm(webhookUrl, SMS)).status).toBe(200);
  await vi.waitFor(() => expect(started.output()).toContain('from +61491570006'), 10_000);
  // The console's PBX is a client in the same process.
  const { origin } = new URL(webhookUrl);
  const answer = await fetch(`${origin}${API_PATH}send`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ from: '+61491570007', sms_number: '+61491570156', body: 'Hello' }),
  });
  expect(answer.ok).toBe(true);
  await vi.waitFor(() => expect(started.output()).toContain('from +61491570007'), 10_000);
});

test('a port that needs privileges is reported in one sentence', async () => {
  const forbid = `data:text/javascript,${encodeURIComponent(FORBID_PORT_80)}`;
  const { output, exit } = await start(['--package', packageDir()], {
    ...FREE_PORTS,
    PORT: '80',
    NODE_OPTIONS: `--import=${forbid}`,
  });
  expect(await exit).toEqual([1, null]);
  expect(output()).toBe('Port 80 needs elevated privileges: set PORT to 1024 or more.\n');
});

test('works where localhost is only ::1', async () => {
  const started = await start(['--package', packageDir()], {
    ...FREE_PORTS,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ONLY_IPV6)}`,
  });
  const webhookUrl = await ready(started);
  expect(webhookUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/sms\/test$/);
  expect((await postForm(webhookUrl, SMS)).status).toBe(200);
  await vi.waitFor(() => expect(started.output()).toContain('from +61491570006'), 10_000);
});

test('an unusable folder for temporary files is reported in one sentence', async () => {
  const { output, exit } = await start([], { ...FREE_PORTS, TMPDIR: '/dev/null' });
  expect(await exit).toEqual([1, null]);
  expect(output()).toMatch(/^The folder for temporary files cannot be used\. Set TMPDIR .*\n$/);
});

test('an old Node is reported in one sentence', async () => {
  const { output, exit } = await start([], { ...FREE_PORTS, NODE_OPTIONS: '--no-strip-types' });
  expect(await exit).toEqual([1, null]);
  expect(output()).toMatch(/^npm start needs the Node that .* Run `npm rebuild node`: .*\n$/);
});

test.each([
  [['--package', '/no/such'], {}, /^There is no package in \/no\/such: .*\n$/],
  [
    ['--package', packageDir(), '--data', '/dev/null/x'],
    {},
    /^The data folder \/dev\/null\/x cannot be made: .*\n$/,
  ],
  [
    ['--package', packageDir(), '--data', START],
    {},
    /^The data folder \S+start\.js cannot be written: .*\n$/,
  ],
  [
    ['--package', packageDir(), '--data', '/proc/x/y'],
    {},
    /^The data folder \/proc\/x\/y cannot be made: .*\n$/,
  ],
  [
    [],
    { WEBHOOK_TOKENS: 'a/b' },
    /^Packaging .*\nThe service cannot be packaged:\n.*may hold only letters/s,
  ],
  [[], { PORT: 'x' }, 'PORT must be a port, 0 (any free one) to 65535, not "x".\n'],
  [['--dta'], {}, "Unknown option '--dta'. See: npm start -- --help\n"],
])('%j %j is refused, with the reason', async (args, env, message) => {
  const { output, exit } = await start(args, { ...FREE_PORTS, ...env });
  expect(await exit).toEqual([1, null]);
  if (typeof message === 'string') expect(output()).toBe(message);
  else expect(output()).toMatch(message);
});

test('--help names every option and variable', async () => {
  const { output, exit } = await start(['--help']);
  expect(await exit).toEqual([0, null]);
  for (const name of [
    '--data',
    '--package',
    '--no-console',
    '--tunnel',
    '--verbose',
    'SNS_PORT',
    'DYNAMODB_PORT',
    'WEBHOOK_TOKENS',
  ]) {
    expect(output()).toContain(name);
  }
});

test('runs the subscribers below `local:`, and names the missing secrets', async () => {
  const cwd = await temporaryDir();
  const settings = `default:
  subscribers:
    real: { email: ops@example.com }
local:
  timeZone: Australia/Sydney
  subscribers:
    team: { email: team@example.com }
    chat: { slack: SLACK_URL }
`;
  await writeFile(join(cwd, 'settings.yml'), settings);
  await writeFile(join(cwd, '.env'), 'WEBHOOK_TOKENS=of-the-user\n');
  const started = await start(['--no-console'], FREE_PORTS, cwd);
  const webhookUrl = await ready(started);
  expect(webhookUrl).not.toContain('of-the-user');
  expect(started.output()).toContain(
    `  chat  slack  SLACK_URL   has no secret: write SLACK_URL=VALUE into .env
  team  email  team@example.com
`,
  );
  expect(started.output()).not.toContain('ops@example.com');
  expect((await postForm(webhookUrl, { ...SMS, timestamp: '1576391654' })).status).toBe(200);
  await vi.waitFor(() => expect(started.output()).toContain('e-mail  team to team@example.com'), {
    timeout: 20_000,
  });
  expect(started.output()).toContain('GMT+11 (Australia/Sydney)');
  await vi.waitFor(() => expect(started.output()).toContain('WARN  failed'));
  expect(started.output()).toContain('subscriber=chat');
  started.child.kill('SIGINT');
  expect(await started.exit).toEqual([0, null]);
});

test('a mistake in a subscriber stops it, and names the line of settings.yml', async () => {
  const cwd = await temporaryDir();
  await writeFile(
    join(cwd, 'settings.yml'),
    'country: AU\n\nlocal:\n  subscribers:\n    my-crm: { queue: true }\n    myCrm: { queue: true }\n',
  );
  const started = await start([], FREE_PORTS, cwd);
  expect(await started.exit).toEqual([1, null]);
  expect(started.output()).toContain('settings.yml, line 6: ');
});
