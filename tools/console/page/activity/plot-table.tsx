import { useState } from 'preact/hooks';
import { timeOfDay } from '../ui/format.ts';
import type { Bucket } from './buckets.ts';
import type { PlotKind } from './plots.ts';

interface PlotTableProps {
  readonly kind: PlotKind;
  readonly buckets: readonly Bucket[];
}

/** The figures of a plot, for who cannot see it or wants to know exactly; the latest first. */
export function PlotTable({ kind, buckets }: PlotTableProps) {
  const [isOpen, setOpen] = useState(false);
  const busy = buckets.filter(({ count }) => count > 0).reverse();
  return (
    <details
      class="plot-figures"
      open={isOpen}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>The figures</summary>
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
                  {kind.series.map(({ name, valueIn }) => (
                    <td key={name}>{valueIn(bucket)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}
