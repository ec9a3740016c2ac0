import type { Page } from 'playwright-core';

/** What it is like to scroll through a list. */
export interface ScrollFigures {
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
export async function measureScroll(page: Page, step: number): Promise<ScrollFigures> {
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
