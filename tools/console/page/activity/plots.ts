import type uPlot from 'uplot';
import { refusedHash } from '../requests/filters.ts';
import { count, timeOfDay } from '../ui/format.ts';
import { type Bucket, overallQuantile, stackOf, totalsOf } from './buckets.ts';
import { type Ink, OUTCOME_GROUPS, OUTCOME_INKS, type OutcomeGroup } from './outcomes.ts';

/** A line, or the pieces of a stack, in a plot. */
export interface PlotSeries {
  readonly name: string;
  readonly label: string;
  readonly means?: string;
  readonly ink: Ink;
  readonly isDashed?: boolean;
  /** The value in a bucket, in words. */
  readonly valueIn: (bucket: Bucket) => string;
  /** The value over all buckets. */
  readonly overall: (buckets: readonly Bucket[]) => string;
  /** The link to the list of the counted requests, if there is one. */
  readonly leadsTo?: (buckets: readonly Bucket[], bucketMs: number) => string | undefined;
}

/** A plot, and its texts for the legend and the table. */
export interface PlotKind {
  readonly name: string;
  readonly title: string;
  /** What the y axis counts, with its unit. */
  readonly unit: string;
  readonly shape: 'steps' | 'lines' | 'stack';
  readonly series: readonly PlotSeries[];
  /**
   * For each series, in order. For a stack, the tops. `null` if unknown, or if there is no value.
   */
  readonly valuesOf: (buckets: readonly Bucket[]) => readonly (readonly (number | null)[])[];
}

const DECIMAL = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** `0.4`, `12`, `1,230` */
export function decimal(value: number): string {
  return DECIMAL.format(value);
}

const ms = (value: number | undefined) => (value === undefined ? '–' : `${count(value)} ms`);

const BLUE: Ink = { light: '#2458d3', dark: '#7ca5ff' };
const ORANGE: Ink = { light: '#b35900', dark: '#f0a850' };

export const OUTCOMES: PlotKind = {
  name: 'outcomes',
  title: 'Outcomes',
  unit: 'attempts',
  shape: 'stack',
  series: OUTCOME_GROUPS.map((group) => ({
    ...group,
    ink: OUTCOME_INKS[group.name],
    valueIn: ({ outcomes }) => count(outcomes[group.name]),
    overall: (buckets) => count(totalsOf(buckets)[group.name]),
    leadsTo: (buckets, bucketMs) => refusedIn(group.name, buckets, bucketMs),
  })),
  valuesOf: stackOf,
};

/** The link to the refused requests that a figure counts. */
function refusedIn(
  group: OutcomeGroup,
  buckets: readonly Bucket[],
  bucketMs: number,
): string | undefined {
  const [first] = buckets;
  const last = buckets.at(-1);
  const isRefusal = group === 'refused' || group === 'conflict';
  if (!isRefusal || !first || !last || totalsOf(buckets)[group] === 0) return undefined;
  return refusedHash({
    ...(group === 'conflict' && { reason: 'conflict' }),
    since: first.start,
    until: last.start + bucketMs,
  });
}

export const RATE: PlotKind = {
  name: 'rate',
  title: 'Rate',
  unit: 'attempts/s',
  shape: 'steps',
  series: [
    {
      name: 'rate',
      label: 'Attempts a second',
      ink: BLUE,
      valueIn: ({ rate }) => `${decimal(rate)}/s`,
      overall: (buckets) => `${decimal(Math.max(0, ...buckets.map(({ rate }) => rate)))}/s at most`,
    },
  ],
  valuesOf: (buckets) => [buckets.map(({ isKnown, rate }) => (isKnown ? rate : null))],
};

export const LATENCY: PlotKind = {
  name: 'latency',
  title: 'Latency',
  unit: 'ms',
  shape: 'lines',
  series: [
    {
      name: 'p50',
      label: 'p50',
      means: 'half of the attempts took no longer',
      ink: BLUE,
      valueIn: ({ p50 }) => ms(p50),
      overall: (buckets) => ms(overallQuantile(buckets, 0.5)),
    },
    {
      name: 'p99',
      label: 'p99',
      means: '99 % of the attempts took no longer',
      ink: ORANGE,
      isDashed: true,
      valueIn: ({ p99 }) => ms(p99),
      overall: (buckets) => ms(overallQuantile(buckets, 0.99)),
    },
  ],
  valuesOf: (buckets) => [
    buckets.map(({ p50 }) => p50 ?? null),
    buckets.map(({ p99 }) => p99 ?? null),
  ],
};

/** The plot's data. A stack is drawn from its top, so that each piece covers what is below it. */
export function alignedData(kind: PlotKind, buckets: readonly Bucket[]): uPlot.AlignedData {
  const values = kind.valuesOf(buckets).map((one) => [...one]);
  return [
    buckets.map(({ start }) => start / 1000),
    ...(kind.shape === 'stack' ? values.reverse() : values),
  ];
}

/** The series in the order of {@link alignedData}. */
export function drawnSeries({ shape, series }: PlotKind): readonly PlotSeries[] {
  return shape === 'stack' ? series.toReversed() : series;
}

/** A sentence for people who cannot see the plot. */
export function describePlot(kind: PlotKind, buckets: readonly Bucket[], range: string): string {
  const figures = kind.series.map(({ label, overall }) => `${label}: ${overall(buckets)}`);
  const known = buckets.find(({ isKnown }) => isKnown);
  const isCut = known !== undefined && known !== buckets[0];
  const from = isCut ? ` Known since ${timeOfDay(known.start)}.` : '';
  return `${kind.title} in ${kind.unit}, last ${range}.${from} ${figures.join('; ')}.`;
}
