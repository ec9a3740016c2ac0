import { expect, onTestFinished, test, vi } from 'vitest';
import type { TunnelStatus } from '../../../../tools/console/stack-protocol.ts';
import { openDoor } from '../../../../tools/local/tunnel/door.ts';
import { startTunnel, type TunnelOptions } from '../../../../tools/local/tunnel/tunnel.ts';
import { tunnelText } from '../../../../tools/local/tunnel/tunnel-text.ts';

const TOKEN = 'a-token-that-nobody-guesses';

interface Told {
  readonly status: TunnelStatus;
  readonly lastLines: readonly string[];
}

/**
 * Runs a shell script as a tunnel program. There is no internet: a request to one of the origins gets what the
 * test answers, or goes on to the door.
 */
async function run(
  script: string,
  internet: Readonly<Record<string, () => Response | 'the door'>> = {},
  options: Partial<TunnelOptions> = {},
) {
  const asked: string[] = [];
  const told: Told[] = [];
  const handle = async () => {};
  const door = await openDoor({ handle });
  const { fetch } = globalThis;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    asked.push(url);
    const { origin, pathname } = new URL(url);
    const answer = internet[origin]?.();
    if (answer === 'the door') return fetch(`http://127.0.0.1:${door.port}${pathname}`, init);
    if (answer) return answer;
    throw new TypeError('fetch failed');
  });
  const tunnel = startTunnel(door, `/sms/${TOKEN}`, {
    program: { name: 'mine', argv: () => ['/bin/sh', '-c', script] },
    tokens: `old-token,${TOKEN}`,
    environment: { PATH: process.env.PATH },
    onStatus: (status, lastLines) => told.push({ status, lastLines }),
    untilNamed: async () => {},
    ...options,
  });
  onTestFinished(async () => {
    await tunnel[Symbol.asyncDispose]();
    await door[Symbol.asyncDispose]();
    vi.unstubAllGlobals();
  });
  const until = (state: TunnelStatus['state'], when = (_: Told) => true) =>
    vi.waitFor(() => {
      const found = told.findLast((each) => each.status.state === state && when(each));
      if (!found) throw new Error(`not ${state}: ${JSON.stringify(told)}`);
      return found;
    }, 10_000);
  return { asked, told, until, tunnel };
}

test('of the URLs that are printed, the one that leads here is the tunnel’s', async () => {
  const { asked, until } = await run(
    'echo See https://admin.example; echo https://elsewhere.example; echo https://here.example >&2; exec sleep 600',
    {
      'https://admin.example': () => Response.redirect('https://here.example/', 302),
      'https://elsewhere.example': () => Response.json('some other answer'),
      'https://here.example': () => 'the door',
    },
  );
  const { status } = await until('up');
  expect(status).toEqual({
    state: 'up',
    program: 'mine',
    webhookUrl: `https://here.example/sms/${TOKEN}`,
  });
  expect(asked.some((url) => url.startsWith('https://elsewhere.example/sms/'))).toBe(true);
  expect(asked.filter((url) => url.includes(TOKEN))).toEqual([]);
});

test('a public URL is asked again until it answers', async () => {
  let isThere = false;
  const { until, told, asked } = await run(
    'echo https://here.example; exec sleep 600',
    { 'https://here.example': () => (isThere ? 'the door' : new Response(null, { status: 530 })) },
    { lateAfterMs: 1 },
  );
  const late = await until('waiting', ({ status }) => 'origin' in status && status.isLate);
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(0));
  expect(told.map(({ status }) => status.state)).not.toContain('up');
  const text = tunnelText(late.status, late.lastLines);
  expect(text).toContain('https://here.example does not answer yet.');
  isThere = true;
  await until('up');
});

test('a tunnel that stops leading here is told, and told again when it is back', async () => {
  let isUp = true;
  const { until, told } = await run(
    'echo https://here.example; exec sleep 600',
    { 'https://here.example': () => (isUp ? 'the door' : new Response(null, { status: 530 })) },
    { watchMs: 20 },
  );
  await until('up');
  isUp = false;
  const { status, lastLines } = await until('waiting', ({ status }) => 'wasUp' in status);
  expect(tunnelText(status, lastLines)).toContain(
    '!!! THE TUNNEL DOES NOT ANSWER: https://here.example has stopped leading to this machine',
  );
  const before = told.length;
  isUp = true;
  await vi.waitFor(() => expect(told.slice(before).map((one) => one.status.state)).toEqual(['up']));
});

test('a name is looked up only when its zone knows it', async () => {
  const named = Promise.withResolvers<void>();
  const hosts: string[] = [];
  const { until, asked } = await run(
    'echo https://here.example; exec sleep 600',
    { 'https://here.example': () => 'the door' },
    {
      untilNamed: (host) => {
        hosts.push(host);
        return named.promise;
      },
    },
  );
  await vi.waitFor(() => expect(hosts).toEqual(['here.example']));
  expect(asked).toEqual([]);
  named.resolve();
  await until('up');
});

test('a program that prints no public URL is late', async () => {
  const { until } = await run('echo Listening; exec sleep 600', {}, { lateAfterMs: 500 });
  const late = await until('waiting', ({ status, lastLines }) => {
    return status.state === 'waiting' && status.isLate && lastLines.length > 0;
  });
  const text = tunnelText(late.status, late.lastLines);
  expect(text).toContain('mine has not printed a public https URL yet.');
  expect(text).toContain('  > Listening\n');
});

test('the last lines of a program that ends have no token, and cannot command the terminal', async () => {
  const { until } = await run(
    `for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; done
     printf '\\033[2Jdest=https://here.example/sms/${TOKEN} or old-token\\n' >&2; exit 3`,
  );
  const { status, lastLines } = await until('down');
  expect(status).toEqual({ state: 'down', program: 'mine', reason: 'exit code 3' });
  expect(lastLines).toHaveLength(10);
  const text = tunnelText(status, lastLines);
  expect(text).toContain('!!! THE TUNNEL IS DOWN: mine has ended (exit code 3).');
  expect(text).toContain('dest=https://here.example/sms/… or …');
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});

test('it ends its program and says nothing more', async () => {
  const { told, tunnel, until } = await run('echo https://here.example; exec sleep 600', {
    'https://here.example': () => 'the door',
  });
  await until('up');
  await tunnel[Symbol.asyncDispose]();
  expect(told.map(({ status }) => status.state)).not.toContain('down');
});
