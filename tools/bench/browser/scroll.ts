import type { Page } from 'playwright-core';
import { benchCommand, count, packageOption, progress } from '../command.ts';
import { figure, machineLine, table } from '../report.ts';
import { packaged, startFilled } from '../stacks.ts';
import { launchBrowser } from './launch.ts';

export const command = benchCommand(
  "Fills the local stack's table, opens the console in a browser, and scrolls the inbox from the newest message\n" +
    'to the oldest twice: while older messages are still being loaded, and when all are there.',
)
  .addOption(count('--messages <n>', 'messages in the table', 5_000))
  .addOption(count('--step <n>', 'pixels a frame', 200))
  .addOption(packageOption())
  .action(async ({ messages, step, package: existing }) => {
    await using folder = await packaged(existing);
    const size = { stored: messages, pending: 0 };
    await using filled = await startFilled(size, { packageDir: folder.path, console: true });
    progress('Scrolling ...');
    await using launched = await launchBrowser();
    const page = await launched.browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(filled.stack.url);
    await page.getByRole('grid', { name: 'Messages' }).getByRole('row').first().waitFor();
    const rows = [
      rowOf('while they are loaded', await measureScroll(page, step)),
      rowOf('all there', await measureScroll(page, step)),
    ];
    console.log(`${machineLine()}

${table([HEADER, ...rows])}

A frame at 60 a second takes 16.7 ms. Long tasks: the page was busy for 50 ms or more. Blank: frames in
which a part of the list was empty. Rows: in the page at once, at most.`);
  });

const HEADER = 'scrolling,frames,p50 ms,p99 ms,longest ms,long tasks,blank,rows'.split(',');

function rowOf(name: string, { frames, longTasks, blankFrames, mostRows }: ScrollFigures) {
  const sorted = frames.toSorted((a, b) => a - b);
  const at = (share: number) => figure(sorted[Math.floor((sorted.length - 1) * share)] ?? 0, 1);
  const counts = [longTasks, blankFrames, mostRows].map((each) => figure(each));
  return [name, figure(frames.length), at(0.5), at(0.99), at(1), ...counts];
}

/** The measurements of a scroll through a list. */
interface ScrollFigures {
  /** The times between frames, ms, in order. */
  readonly frames: readonly number[];
  /** How often the page was busy for 50 ms or more: https://www.w3.org/TR/longtasks-1/ */
  readonly longTasks: number;
  /** Frames in which a part of the list was empty although its messages were there. */
  readonly blankFrames: number;
  /** The most rows in the page at once. */
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
    let longTasks = 0;
    const observer = new PerformanceObserver((seen) => {
      longTasks += seen.getEntries().length;
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
