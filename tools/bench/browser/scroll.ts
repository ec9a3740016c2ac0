import type { Page } from 'playwright-core';
import { benchCommand, count, packageOption, progress } from '../command.ts';
import { figure, machineLine, table } from '../report.ts';
import { packaged, startFilled } from '../stacks.ts';
import { launchBrowser } from './launch.ts';

const VIEWPORT = { width: 1280, height: 800 };

export const command = benchCommand(
  "Fills the local stack's table, opens the console in a browser, and scrolls the inbox from the newest message\n" +
    'to the oldest twice: while older messages are still being loaded, and when all are there.',
)
  .addOption(count('--messages <n>', 'messages in the table', 5_000))
  .addOption(count('--step <n>', 'pixels a frame', 200))
  .addOption(packageOption())
  .action(async ({ messages, step, package: existing }) => {
    await using resources = new AsyncDisposableStack();
    const packageDir = await packaged(existing, resources);
    const size = { stored: messages, pending: 0 };
    const { stack } = await startFilled(size, { packageDir, console: true }, resources);
    progress('Scrolling ...');
    const { browser } = resources.use(await launchBrowser());
    const page = await browser.newPage({ viewport: VIEWPORT });
    await page.goto(stack.url);
    await page.getByRole('grid', { name: 'Messages' }).getByRole('row').first().waitFor();
    const loading = await measureScroll(page, step);
    console.log(
      report({ 'while they are loaded': loading, 'all there': await measureScroll(page, step) }),
    );
  });

function report(results: Readonly<Record<string, ScrollFigures>>): string {
  return [
    machineLine(),
    '',
    table([
      ['scrolling', 'frames', 'p50 ms', 'p99 ms', 'longest ms', 'long tasks', 'blank', 'rows'],
      ...Object.entries(results).map(([name, figures]) => rowOf(name, figures)),
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

/** What it is like to scroll through a list. */
interface ScrollFigures {
  /** Between two frames, ms, in order. */
  readonly frames: readonly number[];
  /** What kept the page busy for 50 ms or more, ms each: https://www.w3.org/TR/longtasks-1/ */
  readonly longTasks: readonly number[];
  /** Frames in which a part of the list was empty although its messages were there. */
  readonly blankFrames: number;
  /** Rows in the page at once, at most. */
  readonly mostRows: number;
}

/**
 * Scrolls the list of messages from the top to the end, frame by frame.
 *
 * @param step Pixels a frame.
 */
async function measureScroll(page: Page, step: number): Promise<ScrollFigures> {
  const grid = page.getByRole('grid', { name: 'Messages' });
  return grid.evaluate(async (list, pixels) => {
    const longTasks: number[] = [];
    const observer = new PerformanceObserver((seen) => {
      for (const { duration } of seen.getEntries()) longTasks.push(duration);
    });
    observer.observe({ type: 'longtask' });
    const frames: number[] = [];
    let blankFrames = 0;
    let mostRows = 0;
    const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
    const isBlank = (rows: readonly Element[]) => {
      const { top, bottom } = list.getBoundingClientRect();
      const boxes = rows.map((row) => row.getBoundingClientRect());
      const first = Math.min(...boxes.map((box) => box.top));
      const last = Math.max(...boxes.map((box) => box.bottom));
      return first > top + 1 || last < bottom - 1;
    };
    list.scrollTop = 0;
    let before = await nextFrame();
    const isAtEnd = () => list.scrollTop + list.clientHeight >= list.scrollHeight - 1;
    const isWhole = () => list.getAttribute('aria-rowcount') !== '-1';
    while (!(isAtEnd() && isWhole())) {
      list.scrollTop += pixels;
      const now = await nextFrame();
      frames.push(now - before);
      before = now;
      const rows = [...list.querySelectorAll('[role=row]')];
      mostRows = Math.max(mostRows, rows.length);
      if (isBlank(rows)) blankFrames++;
    }
    observer.disconnect();
    return { frames, longTasks, blankFrames, mostRows };
  }, step);
}
