import { useSignalEffect } from '@preact/signals';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { isDark } from '../ui/theme.ts';
import type { Bucket } from './buckets.ts';
import type { Ink } from './palette.ts';
import { type PlotLook, plotOptions } from './plot-options.ts';
import { alignedData, describePlot, type PlotKind } from './plots.ts';
import { uPlot } from './uplot.ts';

interface PlotProps {
  readonly kind: PlotKind;
  readonly buckets: readonly Bucket[];
  readonly bucketMs: number;
  /** `5 min` */
  readonly range: string;
  readonly onPoint: (index: number | undefined) => void;
}

const HEIGHT = 220;

/** The drawing alone: legend and table are beside it. */
export function Plot({ kind, buckets, bucketMs, range, onPoint }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const data = useMemo(() => alignedData(kind, buckets), [kind, buckets]);
  const latest = useRef(data);
  latest.current = data;

  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const size = () => ({ width: Math.max(200, element.clientWidth), height: HEIGHT });
    const options = plotOptions(kind, { bucketMs, look: lookOf(element), onPoint });
    const drawn = new uPlot({ ...options, ...size() }, latest.current, element);
    const observer = new ResizeObserver(() => {
      if (drawn.width !== size().width) drawn.setSize(size());
    });
    observer.observe(element);
    plot.current = drawn;
    return () => {
      observer.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [kind, bucketMs, onPoint]);

  useLayoutEffect(() => plot.current?.setData(data), [data]);
  useSignalEffect(() => {
    // What the colours are asked for anew by.
    void isDark.value;
    plot.current?.redraw(false);
  });
  return <div class="plot" ref={host} role="img" aria-label={describePlot(kind, buckets, range)} />;
}

function lookOf(element: Element): PlotLook {
  return {
    inkOf: (ink: Ink) => (isDark.peek() ? ink.dark : ink.light),
    textColour: () => getComputedStyle(element).color,
    lineColour: () => getComputedStyle(element).borderTopColor,
  };
}
