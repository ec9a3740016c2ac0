import { notificationsIn } from '../../lib/messages/notification.ts';
import type { MessageStore } from '../../lib/messages/ports.ts';
import type { SweepDependencies } from '../../lib/messages/sweep-run.ts';
import { someRecord } from '../fixtures/messages.ts';

/** A sweep's other dependencies, with defaults. */
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

/** Stores pending messages `m-0000` and so on, each received one ms after the last. Returns their ids. */
export async function storeNumbered(
  store: Pick<MessageStore, 'putNew'>,
  count: number,
  changes: Parameters<typeof someRecord>[0] = {},
): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => `m-${String(n).padStart(4, '0')}`);
  for (const [n, message_id] of ids.entries()) {
    await store.putNew(someRecord({ message_id, received_at: n, ...changes }));
  }
  return ids;
}
