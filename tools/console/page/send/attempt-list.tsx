import type { PbxDeliveryAttempt } from '../../protocol.ts';
import { duration } from '../ui/format.ts';
import { SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import { readAnswer } from './answer.ts';
import { statusOf } from './progress.ts';

/** Each attempt with what it was answered. */
export function AttemptList({ attempts }: { readonly attempts: readonly PbxDeliveryAttempt[] }) {
  if (attempts.length === 0) return null;
  return (
    <ol class="attempts" aria-label="Attempts">
      {attempts.map((attempt, index) => (
        <li key={index} class="attempt">
          <Time at={attempt.at} />
          <strong class={attempt.status === 200 ? 'attempt-accepted' : 'attempt-failed'}>
            {statusOf(attempt)}
          </strong>
          <span class="muted figures">{duration(attempt.ms)}</span>
          <Answer body={attempt.answer} />
        </li>
      ))}
    </ol>
  );
}

function Answer({ body }: { readonly body: string }) {
  const { title, detail, faults } = readAnswer(body);
  return (
    <span class="attempt-answer">
      <SafeText text={title} />
      {[detail, ...faults].map(
        (more) =>
          more !== undefined && (
            <span key={more} class="attempt-more muted">
              <SafeText text={more} />
            </span>
          ),
      )}
    </span>
  );
}
