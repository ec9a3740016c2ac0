import { useState } from 'preact/hooks';
import { timeOfDay } from '../ui/format.ts';
import { Card } from '../ui/layout.tsx';
import type { Bucket } from './buckets.ts';
import { colourOf, Plot, type PlotProps } from './plot.tsx';
import type { PlotKind, PlotSeries } from './plots.ts';

interface PlotCardProps extends PlotProps {
  /** The bucket under the pointer, in any of the plots. */
  readonly pointed: number | undefined;
}

/** A plot with its legend, and the same figures as a table. */
export function PlotCard({ pointed, ...plot }: PlotCardProps) {
  const { kind, buckets, bucketMs, range } = plot;
  const bucket = pointed === undefined ? undefined : buckets[pointed];
  const figureOf = ({ valueIn, overall }: PlotSeries) => {
    if (!bucket) return overall(buckets);
    return bucket.isKnown ? valueIn(bucket) : '–';
  };
  return (
    <Card title={kind.title}>
      <Plot {...plot} />
      <div class="legend">
        <p class="legend-time figures">
          {bucket ? timeOfDay(bucket.start) : `Last ${range}`}
          {bucket?.isKnown === false && ': not known'}
        </p>
        <ul class="legend-list">
          {kind.series.map((series) => {
            const { name, label, means, ink, isDashed, leadsTo } = series;
            const href = leadsTo?.(bucket ? [bucket] : buckets, bucketMs);
            return (
              <li key={name} class="legend-item" title={means}>
                <svg class="legend-swatch" viewBox="0 0 16 12" aria-hidden="true">
                  <path
                    d={kind.shape === 'stack' ? 'M0 6h12' : 'M0 6h16'}
                    stroke={colourOf(ink)}
                    stroke-width={kind.shape === 'stack' ? 12 : 3}
                    stroke-dasharray={isDashed ? '6 4' : undefined}
                  />
                </svg>
                {href === undefined ? (
                  <span>
                    {label} <strong class="figures">{figureOf(series)}</strong>
                  </span>
                ) : (
                  <a href={href}>
                    {label} <strong class="figures">{figureOf(series)}</strong>
                  </a>
                )}
              </li>
            );
          })}
        </ul>
      </div>
      <Figures kind={kind} buckets={buckets} bucketMs={bucketMs} />
    </Card>
  );
}

interface FiguresProps {
  readonly kind: PlotKind;
  readonly buckets: readonly Bucket[];
  readonly bucketMs: number;
}

/** The exact figures, also for people who cannot see the plot; the latest first. */
function Figures({ kind, buckets, bucketMs }: FiguresProps) {
  const [isOpen, setOpen] = useState(false);
  const busy = buckets.filter(({ count }) => count > 0).reverse();
  return (
    <details
      class="plot-figures"
      open={isOpen}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>Show as table</summary>
      {isOpen && (
        <section
          class="plot-scroll"
          aria-label={`The figures of ${kind.title}`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
        >
          <table class="plot-table">
            <caption>
              {kind.title}, {kind.unit}. Times without an attempt are left out.
            </caption>
            <thead>
              <tr>
                <th scope="col">From</th>
                {kind.series.map(({ name, label }) => (
                  <th key={name} scope="col">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {busy.map((bucket) => (
                <tr key={bucket.start}>
                  <th scope="row">{timeOfDay(bucket.start)}</th>
                  {kind.series.map(({ name, valueIn, leadsTo }) => {
                    const href = leadsTo?.([bucket], bucketMs);
                    return (
                      <td key={name}>
                        {href === undefined ? (
                          valueIn(bucket)
                        ) : (
                          <a href={href}>{valueIn(bucket)}</a>
                        )}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}
