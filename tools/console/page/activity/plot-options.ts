import { timeOfDay } from '../ui/format.ts';
import type { Ink } from './palette.ts';
import { decimal, drawnSeries, type PlotKind, type PlotSeries } from './plots.ts';
import { uPlot } from './uplot.ts';

/** What the options depend on, asked for at each drawing: it changes with the theme. */
export interface PlotLook {
  readonly inkOf: (ink: Ink) => string;
  readonly textColour: () => string;
  readonly lineColour: () => string;
}

interface Wishes {
  readonly bucketMs: number;
  readonly look: PlotLook;
  /** The bucket that is pointed at, or that none is. */
  readonly onPoint: (index: number | undefined) => void;
}

const FONT = '12px system-ui, sans-serif';
/** The plots are pointed at together. */
const CURSOR_GROUP = 'activity';
/** Time ticks, seconds. */
const TIME_STEPS = [60, 120, 300, 600, 900, 1800];

/** All but the size. */
export function plotOptions(
  kind: PlotKind,
  { bucketMs, look, onPoint }: Wishes,
): Omit<uPlot.Options, 'width' | 'height'> {
  return {
    padding: [8, 8, 0, 0],
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
        ...axisLook(look),
        size: 30,
        space: 56,
        incrs: TIME_STEPS,
        values: (_, times) => times.map((time) => timeOfDay(time * 1000).slice(0, 5)),
      },
      {
        ...axisLook(look),
        label: kind.unit,
        labelFont: FONT,
        labelSize: 18,
        size: (_, values) => 16 + 7 * Math.max(2, ...(values ?? []).map((text) => text.length)),
        // Nothing between 1 and 2 attempts.
        ...(kind.shape === 'stack' && { incrs: WHOLE_STEPS }),
        values: (_, values) => values.map(decimal),
      },
    ],
    series: [{}, ...drawnSeries(kind).map((one) => seriesLook(kind.shape, one, look))],
    hooks: { setCursor: [({ cursor: { idx } }) => onPoint(idx ?? undefined)] },
  };
}

const WHOLE_STEPS = [1, 10, 100, 1_000, 10_000].flatMap((ten) => [ten, 2 * ten, 5 * ten]);

function axisLook({ textColour, lineColour }: PlotLook): uPlot.Axis {
  return {
    font: FONT,
    stroke: textColour,
    grid: { stroke: lineColour, width: 1 },
    ticks: { stroke: lineColour, width: 1, size: 4 },
  };
}

function seriesLook(
  shape: PlotKind['shape'],
  { label, ink, isDashed }: PlotSeries,
  { inkOf }: PlotLook,
): uPlot.Series {
  const colour = () => inkOf(ink);
  if (shape === 'stack') {
    const paths = uPlot.paths.bars?.({ size: [0.8, 40], align: 1 });
    return { label, fill: colour, width: 0, points: { show: false }, ...(paths && { paths }) };
  }
  const line = { label, stroke: colour, width: 2 };
  if (shape === 'steps') {
    const paths = uPlot.paths.stepped?.({ align: 1, extend: true });
    return {
      ...line,
      fill: () => `${colour()}22`,
      points: { show: false },
      ...(paths && { paths }),
    };
  }
  return {
    ...line,
    ...(isDashed && { dash: [6, 4] }),
    // A bucket between two empty ones is a point, or nothing at all.
    points: { show: true, size: 6, width: 1, fill: colour, stroke: colour },
  };
}
