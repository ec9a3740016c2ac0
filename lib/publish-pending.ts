import type { ObservedContext } from './observability.ts';
import { type SweepDependencies, sweep } from './sweep.ts';

/** Of the function's time, ms: what is left when the last batch begins, and when calls must end. */
const RESERVE = { stop: 12_000, end: 2_000 };

/** The scheduled sweep: publishes what is pending and reports what is left. */
export function publishPending(dependencies: SweepDependencies) {
  return async (_event: unknown, context: ObservedContext): Promise<void> => {
    const remaining = context.getRemainingTimeInMillis();
    const result = await sweep(dependencies, {
      stop: AbortSignal.timeout(Math.max(0, remaining - RESERVE.stop)),
      end: AbortSignal.timeout(Math.max(0, remaining - RESERVE.end)),
    });
    const { observation } = context;
    observation.note({
      outcome: 'swept',
      stopped: result.stopped,
      ...(result.heldBack > 0 && { held_back: result.heldBack }),
    });
    observation.isIdle = result.published + result.refused + result.failed + result.pending === 0;
    if (!observation.isIdle) {
      observation.metric('SweepPublished', result.published);
      observation.metric('SweepRefused', result.refused);
      observation.metric('SweepFailed', result.failed);
    }
    if (result.published > 0) observation.metric('Published', result.published);
    observation.metric('Pending', result.pending);
    observation.metric('OldestPendingAge', Math.round(result.oldestPendingMs / 1000));
    if (result.refused + result.failed > 0) observation.level = 'WARN';
  };
}
