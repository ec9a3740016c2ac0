// Before uPlot.
import './valid-language.ts';
import { useSignalEffect } from '@preact/signals';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { timeOfDay } from '../ui/format.ts';
import { isDark } from '../ui/theme.ts';
import type { Bucket } from './buckets.ts';
import type { Ink } from './outcomes.ts';
import {
  alignedData,
  decimal,
  describePlot,
  drawnSeries,
  type PlotKind,
  type PlotSeries,
} from './plots.ts';

const HEIGHT = 220;
/** How wide the label of a time is: half of it may stand beyond the last one. */
const LABEL_PX = 36;
const FONT = '12px system-ui, sans-serif';
/** All plots share the pointer's position. */
const CURSOR_GROUP = 'activity';
/** Time ticks, seconds. */
const TIME_STEPS = [60, 120, 300, 600, 900, 1800];
const WHOLE_STEPS = [1, 10, 100, 1_000, 10_000].flatMap((ten) => [ten, 2 * ten, 5 * ten]);

export interface PlotProps {
  readonly kind: PlotKind;
  readonly buckets: readonly Bucket[];
  readonly bucketMs: number;
  /** Earlier times are unknown and hatched. Epoch ms. */
  readonly since: number;
  /** `5 min` */
  readonly range: string;
  /** Called with the bucket under the pointer; `undefined` if there is none. */
  readonly onPoint: (index: number | undefined) => void;
}

/** The drawing alone: legend and table are beside it. */
export function Plot({ kind, buckets, bucketMs, since, range, onPoint }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const data = useMemo(() => alignedData(kind, buckets), [kind, buckets]);
  const latest = useRef(data);
  latest.current = data;
  const pick = useRef<(index: number) => void>(() => {});
  pick.current = (index) => {
    const bucket = buckets[index];
    const links = kind.series.map(({ leadsTo }) => bucket && leadsTo?.([bucket], bucketMs));
    const href = links.find((link) => link !== undefined);
    if (href !== undefined) location.hash = href;
  };
  const known = useRef(since);
  known.current = since;

  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const size = () => ({ width: Math.max(200, element.clientWidth), height: HEIGHT });
    const options = { ...optionsOf(kind, bucketMs, element, onPoint), ...size() };
    options.hooks = {
      ...options.hooks,
      drawClear: [(drawing) => shade(drawing, known.current, element)],
    };
    const drawn = new uPlot(options, latest.current, element);
    // Keyboard users find the same figures in the table.
    drawn.over.addEventListener('click', () => pick.current(drawn.cursor.idx ?? -1));
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

  useLayoutEffect(() => plot.current?.setData(data), [data, since]);
  useSignalEffect(() => {
    // Redraws when the theme changes.
    void isDark.value;
    plot.current?.redraw(false);
  });
  return <div class="plot" ref={host} role="img" aria-label={describePlot(kind, buckets, range)} />;
}

const HATCH_PX = 7;

/** Hatches the range before the first known figure. */
function shade({ ctx, bbox, valToPos }: uPlot, since: number, element: Element): void {
  const to = Math.min(valToPos(since / 1000, 'x', true), bbox.left + bbox.width);
  if (to <= bbox.left) return;
  const step = HATCH_PX * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, to - bbox.left, bbox.height);
  ctx.clip();
  ctx.beginPath();
  for (let x = bbox.left - bbox.height; x < to; x += step) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.strokeStyle = getComputedStyle(element).borderTopColor;
  ctx.lineWidth = devicePixelRatio;
  ctx.stroke();
  ctx.restore();
}

/** The colour for the page's current theme. */
export function colourOf({ light, dark }: Ink): string {
  return isDark.value ? dark : light;
}

/**
 * All options but the size. Reads the colours at each drawing, because they change with the theme.
 */
function optionsOf(
  kind: PlotKind,
  bucketMs: number,
  element: Element,
  onPoint: PlotProps['onPoint'],
): Omit<uPlot.Options, 'width' | 'height'> {
  const lines = { stroke: () => getComputedStyle(element).borderTopColor, width: 1 };
  const axis: uPlot.Axis = {
    font: FONT,
    stroke: () => getComputedStyle(element).color,
    grid: lines,
    ticks: { ...lines, size: 4 },
  };
  return {
    padding: [8, LABEL_PX / 2, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { show: kind.shape !== 'stack' },
      sync: { key: CURSOR_GROUP },
    },
    scales: {
      x: { time: true, range: (_, from, to) => [from ?? 0, (to ?? 0) + bucketMs / 1000] },
      y: { range: (_, __, top) => [0, top ? top * 1.1 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 30,
        space: 56,
        incrs: TIME_STEPS,
        values: (_, times) => times.map((time) => timeOfDay(time * 1000).slice(0, 5)),
      },
      {
        ...axis,
        label: kind.unit,
        labelFont: FONT,
        labelSize: 18,
        size: (_, values) => 16 + 7 * Math.max(2, ...(values ?? []).map((text) => text.length)),
        // Nothing between 1 and 2 attempts.
        ...(kind.shape === 'stack' && { incrs: WHOLE_STEPS }),
        values: (_, values) => values.map(decimal),
      },
    ],
    series: [{}, ...drawnSeries(kind).map((one) => seriesLook(kind.shape, one))],
    hooks: { setCursor: [({ cursor: { idx } }) => onPoint(idx ?? undefined)] },
  };
}

function seriesLook(shape: PlotKind['shape'], { label, ink, isDashed }: PlotSeries): uPlot.Series {
  const { bars, stepped } = uPlot.paths;
  const colour = () => colourOf(ink);
  const hidden = { points: { show: false } };
  if (shape === 'stack') {
    const paths = bars?.({ size: [0.8, 40], align: 1 });
    return { label, fill: colour, width: 0, ...hidden, ...(paths && { paths }) };
  }
  const line = { label, stroke: colour, width: 2 };
  if (shape === 'steps') {
    const paths = stepped?.({ align: 1, extend: true });
    return { ...line, fill: () => `${colour()}22`, ...hidden, ...(paths && { paths }) };
  }
  return {
    ...line,
    ...(isDashed && { dash: [6, 4] }),
    // A bucket between two empty ones is a point, or nothing at all.
    points: { show: true, size: 6, width: 1, fill: colour, stroke: colour },
  };
}
