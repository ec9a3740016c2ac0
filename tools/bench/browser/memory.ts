import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { CDPSession } from 'playwright-core';
import { startLocalStack } from '../../local/stack.ts';
import { benchCommand, count, packageOption, progress } from '../command.ts';
import { figure, machineLine, table } from '../report.ts';
import { postForm, smsForm, TYPICAL } from '../sms.ts';
import { packaged } from '../stacks.ts';
import { launchBrowser } from './launch.ts';

const MB = 1024 * 1024;
const MINUTE_MS = 60_000;

export const command = benchCommand(
  'Posts messages to the local stack, evenly, while its console is open in a browser, and says how much memory\n' +
    'the stack and the page use after each step.',
)
  .addOption(count('--minutes <n>', 'how long', 30))
  .addOption(count('--rate <n>', 'messages a minute', 600))
  .addOption(count('--steps <n>', 'lines of the table', 10))
  .addOption(packageOption())
  .action(async ({ minutes, rate, steps, package: existing }) => {
    await using folder = await packaged(existing);
    await using stack = await startLocalStack({ packageDir: folder.path, console: true });
    await using launched = await launchBrowser();
    const page = await launched.browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(stack.url);
    await page.getByText('Live', { exact: true }).waitFor();
    const devtools = await page.context().newCDPSession(page);
    const path = new URL(stack.webhookUrl).pathname;
    const begin = Date.now();
    const total = minutes * rate;
    const lines = [await lineOf(0, devtools)];
    const posting = new Set<Promise<number>>();
    for (let posted = 1; posted <= total; posted++) {
      await delay(Math.max(0, begin + (posted * MINUTE_MS) / rate - Date.now()));
      // A message that a busy machine answers with 503 is also stored, and the sweeper publishes it.
      const post = postForm(stack.webhookUrl, smsForm(TYPICAL, path));
      posting.add(post.finally(() => posting.delete(post)));
      if (posted % Math.ceil(total / steps) > 0 && posted < total) continue;
      await Promise.all(posting);
      progress(`${posted} of ${total} messages`);
      lines.push(await lineOf(posted, devtools));
    }
    console.log(`${machineLine()}

${table([HEADER, ...lines])}

Heap and buffers: what the stack's process holds after garbage was collected. Process: what it takes of the machine.
Page: the heap of the page, and the elements in it.`);
  });

const HEADER = ['messages', 'heap MB', 'buffers MB', 'process MB', 'page MB', 'page elements'];

async function lineOf(messages: number, devtools: CDPSession): Promise<string[]> {
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  const { nodes } = await devtools.send('Memory.getDOMCounters');
  const sizes = [heapUsed, external, rss, usedSize].map((bytes) => figure(bytes / MB, 0));
  return [figure(messages), ...sizes, figure(nodes)];
}

/** Node has it only with a flag. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  collect();
}
