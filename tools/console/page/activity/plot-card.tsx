import { Card } from '../ui/layout.tsx';
import type { Bucket } from './buckets.ts';
import { Legend } from './legend.tsx';
import { Plot } from './plot.tsx';
import { PlotTable } from './plot-table.tsx';
import type { PlotKind } from './plots.ts';

interface PlotCardProps {
  readonly kind: PlotKind;
  readonly buckets: readonly Bucket[];
  readonly bucketMs: number;
  readonly range: string;
  /** Which bucket is pointed at, in any of the plots. */
  readonly pointed: number | undefined;
  readonly onPoint: (index: number | undefined) => void;
}

/** A plot with its legend, and the same figures as a table. */
export function PlotCard({ kind, buckets, bucketMs, range, pointed, onPoint }: PlotCardProps) {
  const bucket = pointed === undefined ? undefined : buckets[pointed];
  return (
    <Card title={kind.title}>
      <Plot kind={kind} buckets={buckets} bucketMs={bucketMs} range={range} onPoint={onPoint} />
      <Legend kind={kind} buckets={buckets} bucket={bucket} range={range} />
      <PlotTable kind={kind} buckets={buckets} />
    </Card>
  );
}
