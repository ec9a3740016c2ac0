import type { AwsCallView } from '../../protocol.ts';
import './timeline-calls.css';
import { duration } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { isExpected } from './call-text.ts';

interface CallsProps {
  readonly calls: readonly AwsCallView[];
  /** What the bars are drawn to: when the first could begin, epoch ms. */
  readonly begin: number;
  /** When all are over. */
  readonly end: number;
}

/** The calls to AWS behind a step, each with a bar that shows when it was. */
export function Calls({ calls, begin, end }: CallsProps) {
  if (calls.length === 0) return null;
  const span = Math.max(1, end - begin);
  const percent = (ms: number) => `${Math.max(0, Math.min(100, (100 * ms) / span))}%`;
  return (
    <ul class="timeline-box">
      {calls.map((call, index) => (
        <li class={`timeline-call ${hasFailed(call) ? 'call-failed' : ''}`} key={index}>
          <Icon name={call.service === 'sns' ? 'subscribers' : 'database'} size={14} />
          <span class="timeline-what">
            {call.purpose} <code class="muted">{call.operation}</code>
            <CallError call={call} />
          </span>
          <span class="call-bar" aria-hidden="true">
            <span
              class="call-bar-filled"
              style={{ left: percent(call.at - begin), width: percent(call.ms) }}
            />
          </span>
          <span class="timeline-ms figures">
            {call.status !== undefined && <span class="call-status">{call.status}</span>}
            {duration(call.ms)}
          </span>
        </li>
      ))}
    </ul>
  );
}

function CallError({ call }: { readonly call: AwsCallView }) {
  if (call.error === undefined) return null;
  if (isExpected(call)) {
    return <span class="call-note muted">the condition did not hold ({call.error})</span>;
  }
  return (
    <span class="call-note call-error">
      <Icon name="alert" size={12} /> {call.error}
    </span>
  );
}

function hasFailed(call: AwsCallView): boolean {
  return call.error !== undefined && !isExpected(call);
}
