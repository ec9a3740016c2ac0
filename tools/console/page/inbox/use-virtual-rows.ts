import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

interface RowsOptions {
  readonly count: number;
  /** All are as high, px. */
  readonly rowHeight: number;
  readonly scroller: RefObject<HTMLElement | null>;
  /** Where it is at first, px. */
  readonly initialOffset: number;
}

/** Rows beyond the edges, so that none is missing when one scrolls fast. */
const OVERSCAN = 12;

/** The rows of a long list that have to be there, for where it is scrolled to. */
export function useVirtualRows(rows: RowsOptions): Virtualizer<HTMLElement, HTMLElement> {
  const { count, rowHeight, scroller, initialOffset } = rows;
  const [, rerender] = useReducer<number, undefined>((renders) => renders + 1, 0);
  const options: VirtualizerOptions<HTMLElement, HTMLElement> = {
    count,
    estimateSize: () => rowHeight,
    getScrollElement: () => scroller.current,
    initialOffset,
    overscan: OVERSCAN,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => rerender(undefined),
  };
  const [virtualizer] = useState(() => new Virtualizer(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  return virtualizer;
}
