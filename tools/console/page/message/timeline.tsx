import type { TimelineEvent } from '../../protocol.ts';
import './timeline.css';
import type { Tone } from '../ui/layout.tsx';
import { isExpected } from './call-text.ts';
import { Calls } from './timeline-calls.tsx';
import { Line } from './timeline-line.tsx';
import { Requests } from './timeline-requests.tsx';
import { type Step, stepsOf } from './timeline-steps.ts';

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

interface StepProps {
  readonly step: Step;
  readonly begin: number;
}

function StepView({ step, begin }: StepProps) {
  const line = { at: step.at, begin };
  switch (step.kind) {
    case 'requests':
      return <Requests step={step} begin={begin} />;
    case 'background':
      return (
        <Line {...line} tone={toneOf(step)} icon="clock" title="In the background">
          <p class="muted small">Without a request: by the sweeper, or a function that went on.</p>
          <Calls
            calls={step.calls}
            begin={step.at}
            end={Math.max(...step.calls.map(({ at, ms }) => at + ms))}
          />
        </Line>
      );
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

function toneOf({ calls }: Extract<Step, { kind: 'background' }>): Tone {
  return calls.every(isExpected) ? 'info' : 'warn';
}
