import type { DeliveryDeadlines, DeliveryDependencies } from './delivery.ts';
import type { PendingKey } from './message-record.ts';

export interface SweepDependencies extends DeliveryDependencies {
  /** The webhook handles younger records. Longer than its lease, ms. */
  readonly graceMs: number;
  /** Batches in parallel. A topic that keeps order has one at a time and ignores this. */
  readonly concurrency: number;
}

/** Adds a deadline before the two of a delivery. Reading ends with `work`. */
export interface SweepDeadlines extends DeliveryDeadlines {
  /** No new batch begins after this has aborted. */
  readonly begin?: AbortSignal;
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
  /** Consecutive calls that failed for the topic. */
  topicFailures = 0;

  leave({ received_at }: Pick<PendingKey, 'received_at'>): void {
    this.left++;
    this.oldestLeft = Math.min(this.oldestLeft, received_at);
  }
}

/** Shared by the batches of one sweep. */
export interface SweepRun {
  readonly dependencies: SweepDependencies;
  readonly tally: Tally;
  readonly deadlines: SweepDeadlines;
}

/** Why a sweep ended before everything was published. */
export type StopReason =
  | 'deadline'
  | 'topic unavailable'
  | 'record unavailable'
  | 'index unavailable';

/** A way to publish the pending records. */
export interface SweepWay {
  /** Batches in parallel. */
  readonly workers: number;
  readonly publish: (keys: readonly PendingKey[]) => Promise<void>;
  /** Why no other batch may begin. Undefined if one may. */
  readonly reasonToStop: () => StopReason | undefined;
}

/**
 * After this many consecutive calls that fail for the topic, a sweep gives up. A single one could fail for
 * an entry.
 */
const TOPIC_FAILURES = 3;

export function topicFailed({ tally }: SweepRun): StopReason | undefined {
  return tally.topicFailures >= TOPIC_FAILURES ? 'topic unavailable' : undefined;
}

export function timeIsOver({ deadlines }: SweepRun): StopReason | undefined {
  return deadlines.begin?.aborted ? 'deadline' : undefined;
}
