import { signal } from '@preact/signals';
import { useMemo, useState } from 'preact/hooks';
import type { KnownAttempts } from '../../protocol.ts';
import { liveFeed, useFeed } from '../feed.ts';
import { stack } from '../live.ts';
import { Segmented } from '../ui/controls.tsx';
import { EmptyState, View } from '../ui/layout.tsx';
import { now, Time } from '../ui/time.tsx';
import './activity.css';
import { bucketsOf, mergeAttempts, rangesWithin } from './buckets.ts';
import { PlotCard } from './plot-card.tsx';
import { LATENCY, OUTCOMES, RATE } from './plots.ts';

const attempts = liveFeed<KnownAttempts>('attempts', { attempt: mergeAttempts });

type Range = ReturnType<typeof rangesWithin>[number];

/** Keeps its value while another view is shown. */
const chosen = signal<Range['name']>('5m');

/** The requests to the webhook and their outcomes, over time. */
export function ActivityView() {
  const known = useFeed(attempts);
  const info = stack.value;
  const ranges = rangesWithin(info?.activityMs ?? 0);
  const range = ranges.find(({ name }) => name === chosen.value) ?? ranges[0];
  const when = info?.isLocal ? 'live' : 'as the log gets them';
  return (
    <View
      title="Activity"
      lead={`Every request to the webhook, ${when}.${range ? ` A step is ${range.bucketMs / 1000}\u00a0s; the last one is still filling.` : ''}`}
      actions={
        range && (
          <Segmented
            label="Time range"
            options={ranges.map(({ name, label }) => ({ value: name, label }))}
            value={range.name}
            onChange={(name) => {
              chosen.value = name;
            }}
          />
        )
      }
    >
      {info && !range && <NothingTells />}
      {range && !known && <p class="muted">{attempts.error.value ?? 'Loading…'}</p>}
      {range && known?.attempts.length === 0 && <NothingYet since={known.since} />}
      {range && known && known.attempts.length > 0 && <Plots known={known} range={range} />}
    </View>
  );
}

interface PlotsProps {
  readonly known: KnownAttempts;
  readonly range: Range;
}

function Plots({ known, range }: PlotsProps) {
  const [pointed, setPointed] = useState<number>();
  // The server's clock may be ahead of the browser's.
  const end = known.attempts.reduce((latest, { at }) => Math.max(latest, at), now.value);
  const buckets = useMemo(() => bucketsOf(known, range, end), [known, range, end]);
  const isEmpty = buckets.every(({ count }) => count === 0);
  const { bucketMs, label } = range;
  const { since } = known;
  const shared = { buckets, bucketMs, since, range: label, pointed, onPoint: setPointed };
  const isCut = since > (buckets[0]?.start ?? 0);
  return (
    <>
      {isCut && (
        <p class="muted">
          Requests before <Time at={since} /> are not known, and that time is hatched.
        </p>
      )}
      {isEmpty && (
        <p class="muted" role="status">
          No request in the last {label}. Choose a longer time.
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

function NothingYet({ since }: Pick<KnownAttempts, 'since'>) {
  return (
    <EmptyState icon="activity" title="No request yet">
      <p>
        No request has come in since <Time at={since} />. Earlier requests are not known. Rate,
        latency and outcomes of requests to the webhook appear here.
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

function NothingTells() {
  return (
    <EmptyState icon="activity" title="The requests of this stack are not known">
      <p>Its log was removed with the stack. Its messages are in the inbox.</p>
    </EmptyState>
  );
}
