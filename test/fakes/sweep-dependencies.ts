import { notificationsIn } from '../../lib/notification.ts';
import type { SweepDependencies } from '../../lib/sweep-run.ts';

/** What a sweep needs besides the fakes, and may be told otherwise. */
export function sweepDependencies(
  fakes: Pick<SweepDependencies, 'store' | 'topic' | 'now'> & Partial<SweepDependencies>,
): SweepDependencies {
  return {
    toNotification: notificationsIn('inbound-sms'),
    newOwner: () => crypto.randomUUID(),
    leaseMs: 90_000,
    retentionMs: 1_000,
    graceMs: 60_000,
    concurrency: 8,
    ...fakes,
  };
}
