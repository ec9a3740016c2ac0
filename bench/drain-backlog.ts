import type { MessageRecord } from '../lib/message-record.ts';
import { fingerprint } from '../lib/sms-message.ts';

/** What one sweep logged of itself. */
export interface SweepLine {
  /** Not logged by a sweep with nothing to do. */
  readonly SweepPublished?: number;
  readonly Pending: number;
  readonly stopped: string;
  readonly duration_ms: number;
}

/** Messages as a long outage leaves them: unclaimed, unpublished, old. */
export function backlogOf(count: number): MessageRecord[] {
  return Array.from({ length: count }, (_, n) => {
    const message = { from: '+61400000001', sms_number: '+61400000002', body: `Message ${n}` };
    return {
      ...{ ...message, message_id: `backlog-${n}`, extra: {} },
      ...{ fingerprint: fingerprint(message), received_at: 1_000 + n, requests: 1, attempts: 1 },
    };
  });
}

/**
 * Runs sweeps, two at once, until nothing is pending.
 *
 * @param sweep Runs the function once.
 * @param lines Where the function's own lines arrive.
 * @throws {Error} If a round publishes nothing while something is pending.
 */
export async function drainBacklog(
  sweep: () => Promise<unknown>,
  lines: readonly SweepLine[],
  onRound: (lines: readonly SweepLine[]) => void,
): Promise<void> {
  for (let pending = Number.POSITIVE_INFINITY; pending > 0; ) {
    const seen = lines.length;
    await Promise.all([sweep(), sweep()]);
    const round = lines.slice(seen);
    onRound(round);
    pending = Math.max(0, ...round.map(({ Pending }) => Pending));
    const published = round.reduce((sum, { SweepPublished = 0 }) => sum + SweepPublished, 0);
    if (pending > 0 && published === 0) throw new Error(`${pending} are pending, none published`);
  }
}
