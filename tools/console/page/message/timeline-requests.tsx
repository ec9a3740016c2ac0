import { duration, plural } from '../ui/format.ts';
import { Badge } from '../ui/layout.tsx';
import { SafeText } from '../ui/texts.tsx';
import { attemptText } from './attempt-text.ts';
import { Calls } from './timeline-calls.tsx';
import { Line } from './timeline-line.tsx';
import type { Step } from './timeline-steps.ts';

interface RequestsProps {
  readonly step: Extract<Step, { kind: 'requests' }>;
  readonly begin: number;
}

/** A request of the PBX, or several at once, with what the function did meanwhile. */
export function Requests({ step, begin }: RequestsProps) {
  const { at, attempts, calls } = step;
  const isGood = attempts.some(({ status }) => status === 200);
  const line = {
    at,
    begin,
    tone: isGood ? 'good' : 'bad',
    icon: isGood ? 'check' : 'alert',
  } as const;
  const behind = (
    <Calls calls={calls} begin={at} end={Math.max(...attempts.map((attempt) => attempt.at))} />
  );
  const [only, ...others] = attempts;
  if (!only || others.length > 0) {
    return (
      <Line {...line} title={`${plural(attempts.length, 'request')} at once`}>
        <ul class="timeline-box">
          {attempts.map((attempt, index) => (
            <li class="timeline-attempt" key={index}>
              <StatusBadge status={attempt.status} />
              <span class="timeline-what">{attemptText(attempt).title}</span>
              <span class="timeline-ms figures">{duration(attempt.ms)}</span>
            </li>
          ))}
        </ul>
        {behind}
      </Line>
    );
  }
  const { title, next } = attemptText(only);
  return (
    <Line
      {...line}
      title={title}
      side={
        <>
          <StatusBadge status={only.status} />
          <span class="figures">{duration(only.ms)}</span>
        </>
      }
    >
      <p class="muted small">
        {only.reason !== undefined && !isGood && (
          <>
            <SafeText text={only.reason} />
            {'. '}
          </>
        )}
        {next}
      </p>
      {behind}
    </Line>
  );
}

function StatusBadge({ status }: { readonly status: number | undefined }) {
  if (status === undefined) return <Badge tone="bad">no answer</Badge>;
  return <Badge tone={status === 200 ? 'good' : status >= 500 ? 'warn' : 'bad'}>{status}</Badge>;
}
