/** `npm run scroll`: what it is like to scroll through thousands of messages in the console. */
import { launchBrowser } from './browser/launch.ts';
import { measureScroll, type ScrollFigures } from './browser/measure-scroll.ts';
import { count, runCommand, word } from './command.ts';
import { describeMachine, loadOfLastMinute } from './compare/machine.ts';
import { startFilled } from './growth/start-filled.ts';
import { packageDirectory } from './package-directory.ts';
import { figure, table } from './table.ts';

const HELP = `Usage: npm run scroll -- [OPTIONS]

Fills the local stack's table, opens the console in a browser, and scrolls the inbox from the newest message to
the oldest and again: once while older messages are still being loaded, once when all are there.

Options:
  --messages N     messages in the table (5000)
  --step N         pixels a frame (200)
  --package DIR    a package of the stage "local" instead of a new one
  --help           show this
`;

const OPTIONS = { messages: count(5_000), step: count(200), package: word('') };

const VIEWPORT = { width: 1280, height: 800 };

async function measure(messages: number, step: number, packageDir: string) {
  await using started = new AsyncDisposableStack();
  const filled = { stored: messages, pending: 0, packageDir, purpose: 'scroll', console: true };
  const { stack } = await startFilled(filled, started);
  const { browser } = started.use(await launchBrowser());
  const page = await browser.newPage({ viewport: VIEWPORT });
  await page.goto(stack.url);
  await page.getByRole('grid', { name: 'Messages' }).getByRole('row').first().waitFor();
  return [
    ['while they are loaded', await measureScroll(page, step)],
    ['all there', await measureScroll(page, step)],
  ] as const;
}

function report(results: Awaited<ReturnType<typeof measure>>, load: number): string {
  const { cpu, cores } = describeMachine();
  return [
    `${cpu}, ${cores} cores; load of the last minute: ${load}.`,
    '',
    table([
      ['scrolling', 'frames', 'p50 ms', 'p99 ms', 'longest ms', 'long tasks', 'blank', 'rows'],
      ...results.map(([name, figures]) => rowOf(name, figures)),
    ]),
    '',
    'A frame at 60 a second takes 16.7 ms. Long tasks: the page was busy for 50 ms or more. Blank: frames in',
    'which a part of the list was empty. Rows: in the page at once, at most.',
  ].join('\n');
}

function rowOf(name: string, { frames, longTasks, blankFrames, mostRows }: ScrollFigures) {
  const sorted = frames.toSorted((a, b) => a - b);
  const at = (share: number) => figure(sorted[Math.floor((sorted.length - 1) * share)] ?? 0, 1);
  return [
    name,
    figure(frames.length),
    at(0.5),
    at(0.99),
    at(1),
    figure(longTasks.length),
    figure(blankFrames),
    figure(mostRows),
  ];
}

if (import.meta.main) {
  await runCommand(HELP, OPTIONS, async ({ messages, step, package: existing }) => {
    await using packaged = await packageDirectory(existing);
    const results = await measure(messages, step, packaged.directory);
    console.log(report(results, loadOfLastMinute()));
  });
}
