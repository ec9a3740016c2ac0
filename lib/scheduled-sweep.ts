import { startDeadlines } from './messages/deadlines.ts';
import { sweep } from './messages/sweep.ts';
import type { SweepDependencies } from './messages/sweep-run.ts';
import type { ObservedContext } from './telemetry/observability.ts';

/**
 * Milliseconds that the function must have left when the last batch begins, when publishing ends and when
 * marking ends. A batch claims and publishes within three attempts of 1.5 s each. A message that is
 * published last has time for two attempts to mark it.
 */
const RESERVE_MS = { begin: 15_000, work: 6_000, cleanUp: 2_000 };

/**
 * The scheduled sweep. Publishes pending messages and reports the rest.
 *
 * @throws The first failure to read the index, after everything else is done and reported.
 */
export function scheduledSweep(dependencies: SweepDependencies) {
  return async (_event: unknown, context: ObservedContext): Promise<void> => {
    using deadlines = startDeadlines(context.getRemainingTimeInMillis(), RESERVE_MS);
    const result = await sweep(dependencies, deadlines);
    const { observation } = context;
    observation.note({
      outcome: 'error' in result ? 'failed' : 'swept',
      stopped: result.stopped,
      ...(result.heldBack > 0 && { held_back: result.heldBack }),
    });
    observation.isIdle =
      !('error' in result) &&
      result.published + result.refused + result.failed + (result.overdue ?? 0) === 0;
    if (!observation.isIdle) {
      observation.metric('SweepPublished', result.published);
      observation.metric('SweepRefused', result.refused);
      observation.metric('SweepFailed', result.failed);
    }
    if (result.published > 0) observation.metric('Published', result.published);
    if (result.notMarked > 0) observation.metric('NotMarked', result.notMarked);
    // An unknown count must not look like 0.
    if (result.overdue !== undefined) observation.metric('Pending', result.overdue);
    if (result.oldestOverdueMs !== undefined) {
      observation.metric('OldestPendingAge', Math.round(result.oldestOverdueMs / 1000));
    }
    if (result.refused + result.failed + result.notMarked > 0) observation.raise('WARN');
    if ('error' in result) throw result.error;
  };
}
