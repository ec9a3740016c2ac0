import type { ComponentChildren } from 'preact';
import type { Attempt, AwsCallView, DeliveryView, TimelineEvent } from '../../protocol.ts';
import { duration, plural } from '../ui/format.ts';
import { Icon, type IconName } from '../ui/icons.tsx';
import { Badge, type Tone } from '../ui/layout.tsx';
import { SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import { attemptText, isExpected, type Step, stepsOf } from './timeline-steps.ts';

interface TimelineProps {
  readonly events: readonly TimelineEvent[];
  readonly hasCalls: boolean;
}

/** What happened to a message, from the first request on. */
export function Timeline({ events, hasCalls }: TimelineProps) {
  const steps = stepsOf(events);
  const [first] = steps;
  if (!first) return <p class="muted">Nothing is known of what happened to it.</p>;
  return (
    <>
      <ol class="timeline">
        {steps.map((step, index) => (
          <StepView step={step} begin={first.at} key={index} />
        ))}
      </ol>
      {!hasCalls && (
        <p class="muted small timeline-note">
          A deployed stack does not log its calls to DynamoDB and SNS; the requests are out of its
          logs.
        </p>
      )}
    </>
  );
}

interface StepProps<Of extends Step = Step> {
  readonly step: Of;
  /** When the timeline begins, epoch ms. */
  readonly begin: number;
}

function StepView({ step, begin }: StepProps) {
  const line = { at: step.at, begin };
  switch (step.kind) {
    case 'requests':
      return <Requests step={step} begin={begin} />;
    case 'background':
      return (
        <Line
          {...line}
          tone={step.calls.every(isExpected) ? 'info' : 'warn'}
          icon="clock"
          title="In the background"
        >
          <p class="muted small">Without a request: by the sweeper, or a function that went on.</p>
          <Calls {...spanOf(step.calls)} calls={step.calls} />
        </Line>
      );
    case 'delivery': {
      const { subscriber, state, text, calls } = step;
      return (
        <Line {...line} {...DELIVERY_MARKS[state]} title={`${subscriber}: ${text}`}>
          {calls.length > 0 && (
            <details class="timeline-calls">
              <summary>{plural(calls.length, 'call')} of the forwarder</summary>
              <Calls {...spanOf(calls)} calls={calls} />
            </details>
          )}
        </Line>
      );
    }
    case 'delivered':
      return step.replay === undefined ? (
        <Line {...line} tone="good" icon="subscribers" title="A subscriber got it" />
      ) : (
        <Line {...line} tone="good" icon="replay" title="A subscriber got it again">
          <p class="muted small">
            Replay <code>{step.replay}</code>
          </p>
        </Line>
      );
    case 'recorded':
      return step.what === 'published' ? (
        <Line {...line} tone="good" icon="check" title="Published" note="as the record says" />
      ) : (
        <Line {...line} tone="neutral" icon="database" title="Received" note="as the record says" />
      );
  }
}

const DELIVERY_MARKS: Readonly<
  Record<DeliveryView['state'], { readonly tone: Tone; readonly icon: IconName }>
> = {
  waiting: { tone: 'info', icon: 'clock' },
  failing: { tone: 'warn', icon: 'alert' },
  delivered: { tone: 'good', icon: 'check' },
  dead: { tone: 'bad', icon: 'alert' },
  'handed-over': { tone: 'neutral', icon: 'arrow' },
  'not-for-it': { tone: 'neutral', icon: 'filter' },
  unknown: { tone: 'neutral', icon: 'circle' },
};

interface LineProps {
  readonly at: number;
  readonly begin: number;
  readonly tone: Tone;
  readonly icon: IconName;
  readonly title: string;
  /** At the end of the title's line. */
  readonly side?: ComponentChildren;
  /** After the time. */
  readonly note?: string;
  readonly children?: ComponentChildren;
}

/** A step of the timeline: what it was, and when. */
function Line({ at, begin, tone, icon, title, side, note, children }: LineProps) {
  return (
    <li class="timeline-step">
      <span class={`timeline-mark badge-${tone}`}>
        <Icon name={icon} size={14} />
      </span>
      <div class="timeline-content">
        <div class="timeline-head">
          <h3 class="timeline-title">{title}</h3>
          {side && <span class="timeline-side small">{side}</span>}
        </div>
        <p class="muted small figures">
          <Time at={at} as="exact" />
          {at > begin && ` · ${duration(at - begin)} after the first`}
          {note && ` · ${note}`}
        </p>
        {children}
      </div>
    </li>
  );
}

/** A request of the PBX, or several at once, with what the function did meanwhile. */
function Requests({ step, begin }: StepProps<Extract<Step, { kind: 'requests' }>>) {
  const { at, attempts, calls } = step;
  const isGood = attempts.some(({ status }) => status === 200);
  const [only, ...others] = attempts;
  const single = others.length === 0 ? only : undefined;
  const { title, next } = single
    ? attemptText(single)
    : { title: `${plural(attempts.length, 'request')} at once`, next: '' };
  return (
    <Line
      at={at}
      begin={begin}
      tone={isGood ? 'good' : 'bad'}
      icon={isGood ? 'check' : 'alert'}
      title={title}
      side={
        single && (
          <>
            <StatusBadge status={single.status} />{' '}
            <span class="figures">{duration(single.ms)}</span>
          </>
        )
      }
    >
      {single ? (
        <p class="muted small">
          {single.reason !== undefined && !isGood && (
            <>
              <SafeText text={single.reason} />
              {'. '}
            </>
          )}
          {next}
        </p>
      ) : (
        <ul class="timeline-box">
          {attempts.map((attempt, index) => (
            <li class="timeline-attempt" key={index}>
              <StatusBadge status={attempt.status} />{' '}
              <span class="timeline-what">{attemptText(attempt).title}</span>{' '}
              <span class="timeline-ms figures">{duration(attempt.ms)}</span>
            </li>
          ))}
        </ul>
      )}
      <Calls calls={calls} begin={at} end={Math.max(...attempts.map((attempt) => attempt.at))} />
    </Line>
  );
}

function StatusBadge({ status }: { readonly status: Attempt['status'] }) {
  if (status === undefined) return <Badge tone="bad">no answer</Badge>;
  return <Badge tone={status === 200 ? 'good' : status >= 500 ? 'warn' : 'bad'}>{status}</Badge>;
}

interface CallsProps {
  readonly calls: readonly AwsCallView[];
  /** What the bars are drawn to: when the first could begin, epoch ms. */
  readonly begin: number;
  /** When all are over. */
  readonly end: number;
}

/** From the first of some calls, in order, to the end of all. */
function spanOf(calls: readonly AwsCallView[]): Pick<CallsProps, 'begin' | 'end'> {
  return { begin: calls[0]?.at ?? 0, end: Math.max(...calls.map(({ at, ms }) => at + ms)) };
}

/** The calls to AWS behind a step, each with a bar that shows when it was. */
function Calls({ calls, begin, end }: CallsProps) {
  if (calls.length === 0) return null;
  const span = Math.max(1, end - begin);
  const percent = (ms: number) => `${Math.max(0, Math.min(100, (100 * ms) / span))}%`;
  return (
    <ul class="timeline-box">
      {calls.map((call, index) => (
        <li class={`timeline-call ${isExpected(call) ? '' : 'call-failed'}`} key={index}>
          <Icon name={call.service === 'sns' ? 'subscribers' : 'database'} size={14} />
          <span class="timeline-what">
            {call.purpose} <code class="muted">{call.operation}</code>
            <CallError call={call} />
          </span>{' '}
          <span class="call-bar" aria-hidden="true">
            <span
              class="call-bar-filled"
              style={{ left: percent(call.at - begin), width: percent(call.ms) }}
            />
          </span>
          <span class="timeline-ms figures">
            {call.status !== undefined && <span class="call-status">{call.status} </span>}
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
