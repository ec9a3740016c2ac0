import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { CACHE_FOLDER, ROOT } from '../local/package-inputs.ts';
import { benchCommand, count, progress } from './command.ts';
import { figure, machineLine, sampleOf, table } from './report.ts';
import { postForm, smsForm, TYPICAL } from './sms.ts';

/** Between two posts. */
const POST_EVERY_MS = 10;
const GIVE_UP_MS = 120_000;

async function secondsToFirst200(): Promise<number> {
  const port = await freePort();
  const url = `http://localhost:${port}/sms/test`;
  const begin = performance.now();
  const npm = spawn('npm', ['start'], {
    cwd: ROOT,
    env: {
      ...process.env,
      PORT: String(port),
      SNS_PORT: '0',
      DYNAMODB_PORT: '0',
      WEBHOOK_TOKENS: '',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
    // Ctrl-C in a shell reaches npm and what it runs: this makes a group of them.
    detached: true,
  });
  try {
    await first200(url, npm, begin + GIVE_UP_MS);
    return (performance.now() - begin) / 1_000;
  } finally {
    await end(npm);
  }
}

async function first200(url: string, npm: ChildProcess, deadline: number): Promise<void> {
  const { pathname } = new URL(url);
  while (performance.now() < deadline) {
    if ((await postForm(url, smsForm(TYPICAL, pathname))) === 200) return;
    if (npm.exitCode !== null) throw new Error(`npm start ended with ${npm.exitCode}`);
    await delay(POST_EVERY_MS);
  }
  throw new Error(`npm start has not answered 200 after ${GIVE_UP_MS / 1_000} s`);
}

async function end(npm: ChildProcess): Promise<void> {
  if (npm.exitCode !== null || npm.pid === undefined) return;
  const closed = once(npm, 'close');
  process.kill(-npm.pid, 'SIGTERM');
  await closed;
}

async function freePort(): Promise<number> {
  await using server = createServer().listen(0);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export const command = benchCommand(
  'Runs `npm start` and posts messages to its webhook until one is answered 200. The time begins when npm ' +
    'is started. "new" is the first start after an install: all that earlier starts have kept is deleted. ' +
    '"kept" is each later start, as long as nothing changes that is packaged.',
)
  .addOption(count('--runs <n>', 'starts of each kind', 5))
  .action(async ({ runs }) => {
    const seconds = { new: [] as number[], kept: [] as number[] };
    for (let run = 0; run < runs; run++) {
      progress(`Start ${run + 1} of ${runs}, new and kept ...`);
      await rm(CACHE_FOLDER, { recursive: true, force: true });
      seconds.new.push(await secondsToFirst200());
      seconds.kept.push(await secondsToFirst200());
    }
    const rows = Object.entries(seconds).map(([kind, values]) => {
      const all = [sampleOf(values).median, Math.min(...values), Math.max(...values)];
      return [kind, ...all.map((each) => figure(each, 2))];
    });
    const head = ['npm start to first 200', 'median, s', 'fastest, s', 'slowest, s'];
    console.log(`${machineLine()}\n\n${table([head, ...rows])}`);
  });
