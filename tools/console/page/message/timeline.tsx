import type { ComponentChildren } from 'preact';
import type { Attempt, AwsCallView, DeliveryView, TimelineEvent } from '../../protocol.ts';
import { aboutDuration, count, duration, plural } from '../ui/format.ts';
import { Icon, type IconName } from '../ui/icons.tsx';
import { Badge, type Tone } from '../ui/layout.tsx';
import { SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import {
  attemptNumbers,
  attemptText,
  isExpected,
  isSweep,
  type Step,
  stepsOf,
} from './timeline-steps.ts';

interface TimelineProps {
  readonly events: readonly TimelineEvent[];
  readonly hasCalls: boolean;
}

/** The history of a message, from the first request on. */
export function Timeline({ events, hasCalls }: TimelineProps) {
  const steps = stepsOf(events);
  const numbers = attemptNumbers(steps, hasCalls);
  const [first] = steps;
  if (!first) return <p class="muted">Nothing is known of what happened to it.</p>;
  return (
    <>
      <ol class="timeline">
        {steps.map((step, index) => (
          <StepView step={step} first={first} numbers={numbers} key={index} />
        ))}
        <ExpectedEmail steps={steps} />
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

const BY_PBX = "by the PBX's clock, to the second";

interface StepProps<Of extends Step = Step> {
  readonly step: Of;
  /** The start of the timeline. */
  readonly first: Step;
  /** The number of each attempt of the PBX. */
  readonly numbers: ReadonlyMap<Attempt, number>;
}

function StepView({ step, first, numbers }: StepProps) {
  const line = { at: step.at, first };
  switch (step.kind) {
    case 'sent':
      return (
        <Line {...line} tone="neutral" icon="mail" title="The PBX received it" note={BY_PBX} />
      );
    case 'emailed':
      return <Line {...line} tone="bad" icon="mail" title="The PBX gave up and e-mailed it" />;
    case 'requests':
      return <Requests step={step} first={first} numbers={numbers} />;
    case 'replay':
      return (
        <Line
          {...line}
          tone={step.calls.every(isExpected) ? 'info' : 'warn'}
          icon="replay"
          title="Published again"
        >
          <p class="muted small">
            Replay <code>{step.replay}</code>
          </p>
          <Calls {...spanOf(step.calls)} calls={step.calls} />
        </Line>
      );
    case 'background':
      return (
        <Line
          {...line}
          tone={step.calls.every(isExpected) ? 'info' : 'warn'}
          icon="clock"
          title={isSweep(step.calls) ? 'The sweeper' : 'A function that continued'}
        >
          <p class="muted small">No request of the PBX caused this.</p>
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
        <Line {...line} tone="good" icon="check" title="Published" note="by the record" />
      ) : (
        <Line
          {...line}
          tone="neutral"
          icon="database"
          title="Reached the webhook"
          note="by the record"
        />
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
  readonly first: Step;
  readonly tone: Tone;
  readonly icon: IconName;
  readonly title: string;
  /** At the end of the title's line. */
  readonly side?: ComponentChildren;
  /** After the time. */
  readonly note?: string;
  readonly children?: ComponentChildren;
}

/** One step of the timeline. */
function Line({ at, first, tone, icon, title, side, note, children }: LineProps) {
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
          <Time at={at} as={note === BY_PBX ? 'short' : 'exact'} />
          {at > first.at && ` · ${sinceText(at - first.at, first)}`}
          {note && ` · ${note}`}
        </p>
        {children}
      </div>
    </li>
  );
}

function sinceText(ms: number, { kind }: Step): string {
  if (kind !== 'sent') return `${duration(ms)} after the first`;
  return `${aboutDuration(ms)} after the PBX received it`;
}

/** Says that the PBX will e-mail a message that no attempt delivers. */
function ExpectedEmail({ steps }: { readonly steps: readonly Step[] }) {
  const attempts = steps.flatMap((step) => (step.kind === 'requests' ? step.attempts : []));
  const own = attempts.filter(({ outcome }) => outcome !== 'conflict');
  const isOver =
    own.length === 0 ||
    own.some(({ status }) => status === 200) ||
    steps.some(({ kind }) => kind === 'emailed');
  if (isOver) return null;
  return (
    <li class="timeline-step">
      <span class="timeline-mark badge-neutral">
        <Icon name="mail" size={14} />
      </span>
      <div class="timeline-content">
        <h3 class="timeline-title">Expected: a fallback e-mail</h3>
        <p class="muted small">
          After ten attempts without a 200, the PBX e-mails the message. The provider does not say
          when. {plural(own.length, 'attempt')} so far.
        </p>
      </div>
    </li>
  );
}

/** One or more requests of the PBX, with the calls of the function. */
function Requests({ step, first, numbers }: StepProps<Extract<Step, { kind: 'requests' }>>) {
  const { at, attempts, calls } = step;
  const isGood = attempts.every(
    ({ status, outcome }) => status === 200 || (outcome === 'in-flight' && attempts.length > 1),
  );
  const isPartlyGood = attempts.some(({ status }) => status === 200);
  const [only, ...others] = attempts;
  const single = others.length === 0 ? only : undefined;
  const { title, next } = single
    ? attemptText(single, numbers.get(single))
    : { title: `${plural(attempts.length, 'request')} at once`, next: '' };
  return (
    <Line
      at={at}
      first={first}
      tone={isGood ? 'good' : isPartlyGood ? 'warn' : 'bad'}
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
  /** The left end of the bars, epoch ms. */
  readonly begin: number;
  /** The right end of the bars, epoch ms. */
  readonly end: number;
}

/** From the start of the first call to the end of the last one. */
function spanOf(calls: readonly AwsCallView[]): Pick<CallsProps, 'begin' | 'end'> {
  return { begin: calls[0]?.at ?? 0, end: Math.max(...calls.map(({ at, ms }) => at + ms)) };
}

/** The calls to AWS of a step. A bar shows the time of each. */
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
            {call.slowed_ms !== undefined && (
              <span class="call-note muted">slowed by {count(call.slowed_ms)} ms</span>
            )}
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
    const what = call.purpose === 'store and claim' ? 'already stored' : 'another one was first';
    return <span class="call-note muted">{what} (expected)</span>;
  }
  return (
    <span class="call-note call-error">
      <Icon name="alert" size={12} /> {call.error}
    </span>
  );
}
