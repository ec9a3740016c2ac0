import type { DeliveryDeadlines, DeliveryDependencies } from './delivery.ts';
import type { PendingKey } from './message-record.ts';

export interface SweepDependencies extends DeliveryDependencies {
  /** Younger records are left to the webhook: longer than its lease, ms. */
  readonly graceMs: number;
  /** How many batches are under way at once; one on a topic that keeps order, whatever this says. */
  readonly concurrency: number;
}

/** Before the two of a delivery comes a third one. Reading ends with `work`. */
export interface SweepDeadlines extends DeliveryDeadlines {
  /** No new batch is begun once this has aborted. */
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
}

/** Why a sweep ended before everything was published. */
export type StopReason =
  | 'deadline'
  | 'topic unavailable'
  | 'record unavailable'
  | 'index unavailable';

/** How a sweep publishes what it reads. */
export interface SweepWay {
  /** How many batches are under way at once. */
  readonly workers: number;
  readonly publish: (keys: readonly PendingKey[]) => Promise<void>;
  /** Why no further batch may begin; undefined: one may. */
  readonly reasonToStop: () => StopReason | undefined;
}

/** Calls in a row that must fail for the topic before a sweep gives up. One could fail for an entry. */
const TOPIC_FAILURES = 3;

export function topicFailed({ tally }: SweepRun): StopReason | undefined {
  return tally.topicFailures >= TOPIC_FAILURES ? 'topic unavailable' : undefined;
}

export function timeIsOver({ deadlines }: SweepRun): StopReason | undefined {
  return deadlines.begin?.aborted ? 'deadline' : undefined;
}
