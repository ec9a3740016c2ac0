import { signal } from '@preact/signals';
import { useMemo, useState } from 'preact/hooks';
import type { Attempt } from '../../protocol.ts';
import { liveFeed, useFeed } from '../feed.ts';
import { stack } from '../live.ts';
import { Segmented } from '../ui/controls.tsx';
import { EmptyState, View } from '../ui/layout.tsx';
import { now } from '../ui/time.tsx';
import './activity.css';
import { bucketsOf, mergeAttempts, RANGES } from './buckets.ts';
import { PlotCard } from './plot-card.tsx';
import { LATENCY, OUTCOMES, RATE } from './plots.ts';

/** What the webhook was asked in the last hour. */
const attempts = liveFeed<readonly Attempt[]>('attempts', { attempt: mergeAttempts });

type Range = (typeof RANGES)[number];

/** Kept while another view is shown. */
const chosen = signal<Range['name']>('5m');

const CHOICES = RANGES.map(({ name, label }) => ({ value: name, label }));

/** What the webhook was asked and what it answered, over time. */
export function ActivityView() {
  const known = useFeed(attempts);
  const range = RANGES.find(({ name }) => name === chosen.value) ?? RANGES[0];
  return (
    <View
      title="Activity"
      lead={`Every request to the webhook, live. A step is ${range.bucketMs / 1000}\u00a0s; the last one is still filling.`}
      actions={
        <Segmented
          label="Time range"
          options={CHOICES}
          value={chosen.value}
          onChange={(name) => {
            chosen.value = name;
          }}
        />
      }
    >
      {!known && <p class="muted">{attempts.error.value ?? 'Loading…'}</p>}
      {known?.length === 0 && <NothingYet />}
      {known && known.length > 0 && <Plots attempts={known} range={range} />}
    </View>
  );
}

interface PlotsProps {
  readonly attempts: readonly Attempt[];
  readonly range: Range;
}

function Plots({ attempts: known, range }: PlotsProps) {
  const [pointed, setPointed] = useState<number>();
  // The server's clock may be ahead of the browser's.
  const end = known.reduce((latest, { at }) => Math.max(latest, at), now.value);
  const buckets = useMemo(() => bucketsOf(known, range, end), [known, range, end]);
  const isEmpty = buckets.every(({ count }) => count === 0);
  const { bucketMs, label } = range;
  const shared = { buckets, bucketMs, range: label, pointed, onPoint: setPointed };
  return (
    <>
      {isEmpty && (
        <p class="muted" role="status">
          Nothing in the last {label}: look at a longer time.
        </p>
      )}
      <PlotCard kind={OUTCOMES} {...shared} />
      <div class="view-grid activity-pair">
        <PlotCard kind={RATE} {...shared} />
        <PlotCard kind={LATENCY} {...shared} />
      </div>
    </>
  );
}

function NothingYet() {
  return (
    <EmptyState icon="activity" title="Nothing has come in within the last hour">
      <p>
        Rate, latency and outcomes of the requests to the webhook appear here.
        {stack.value?.isLocal && (
          <>
            {' '}
            <a href="#/send">Send a message</a>
          </>
        )}
      </p>
    </EmptyState>
  );
}
