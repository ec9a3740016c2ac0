import type { HeldConversations } from './conversation-order.ts';
import type { DeliveryDependencies } from './delivery.ts';
import type { PendingKey } from './message-record.ts';

export interface SweepDependencies extends DeliveryDependencies {
  /** Younger records are left to the webhook: longer than its lease, ms. */
  readonly graceMs: number;
  /** How many batches are under way at once; one on a topic that keeps order, whatever this says. */
  readonly concurrency: number;
}

/** Three moments, in this order. */
export interface SweepDeadlines {
  /** No new batch is begun once this has aborted. */
  readonly stop?: AbortSignal;
  /** Reading, claiming and publishing end when this aborts. */
  readonly publish?: AbortSignal;
  /** What was published is marked, and other claims are released, until this aborts. */
  readonly mark?: AbortSignal;
}

/** What a sweep has done so far. */
export class Tally {
  published = 0;
  notMarked = 0;
  refused = 0;
  failed = 0;
  heldBack = 0;
  left = 0;
  oldestLeft = Number.POSITIVE_INFINITY;
  /** Calls that failed for the topic since one that did not. */
  topicFailures = 0;

  leave({ received_at }: Pick<PendingKey, 'received_at'>): void {
    this.left++;
    this.oldestLeft = Math.min(this.oldestLeft, received_at);
  }
}

/** What the batches of one sweep share. */
export interface SweepRun {
  readonly dependencies: SweepDependencies;
  readonly tally: Tally;
  readonly deadlines: SweepDeadlines;
  /** On a topic that keeps order. */
  readonly held: HeldConversations | undefined;
}
