import { timeOfDay } from '../ui/format.ts';
import { isDark } from '../ui/theme.ts';
import type { Bucket } from './buckets.ts';
import type { PlotKind } from './plots.ts';

interface LegendProps {
  readonly kind: PlotKind;
  readonly buckets: readonly Bucket[];
  /** What is pointed at: its figures are shown instead of those of the range. */
  readonly bucket: Bucket | undefined;
  readonly range: string;
}

/** Which colour is what, and how much of it there is. */
export function Legend({ kind, buckets, bucket, range }: LegendProps) {
  return (
    <div class="legend">
      <p class="legend-time figures">{bucket ? timeOfDay(bucket.start) : `Last ${range}`}</p>
      <ul class="legend-list">
        {kind.series.map(({ name, label, means, ink, isDashed, valueIn, overall }) => (
          <li key={name} class="legend-item" title={means}>
            <svg class="legend-swatch" viewBox="0 0 16 12" aria-hidden="true">
              <path
                d={kind.shape === 'stack' ? 'M0 6h12' : 'M0 6h16'}
                stroke={isDark.value ? ink.dark : ink.light}
                stroke-width={kind.shape === 'stack' ? 12 : 3}
                stroke-dasharray={isDashed ? '6 4' : undefined}
              />
            </svg>
            {label} <strong class="figures">{bucket ? valueIn(bucket) : overall(buckets)}</strong>
          </li>
        ))}
      </ul>
    </div>
  );
}
