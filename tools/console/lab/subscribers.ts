import { filterText } from '../../shared/filter-text.ts';
import type { DeployedSubscriber, Kind } from '../../shared/subscriber-outputs.ts';
import {
  LAB_KEEPS,
  type SubscriberEmail,
  type SubscriberFailure,
  type SubscriberStatus,
} from '../lab-protocol.ts';
import { Listeners, startPolling } from '../server/watching.ts';
import { RecentMap } from './recent-map.ts';

/** A subscriber of the local stack, as it is configured. */
export interface LabSubscriber {
  readonly name: string;
  readonly kind: Kind;
  /** Its queues and its subscription. */
  readonly deployed: DeployedSubscriber;
  /** The destination: an address, a URL, a queue, or the name of a secret. Never a secret. */
  readonly target?: string | undefined;
  /** The filter policy in SNS. */
  readonly filterPolicy?: Readonly<Record<string, unknown>> | undefined;
}

/** The number of messages in the queues of a subscriber. */
export interface QueueDepths {
  /** Waiting, in delivery, or between two attempts. */
  readonly waiting: number;
  readonly dead: number;
}

/** The subscribers of the local stack and their queues. */
export interface LabSubscribers {
  readonly configured: readonly LabSubscriber[];
  /** By the subscriber's name. */
  depths(): Promise<ReadonlyMap<string, QueueDepths>>;
}

/** An e-mail that the topic of a subscriber would send. */
export type TopicEmail = Omit<SubscriberEmail, 'id' | 'at'>;

/** How often the queues are counted while somebody watches. */
const POLL_MS = 500;
/** The limit for counted failing messages of one subscriber. */
const MAX_FAILING = 5_000;

/** The facts of one subscriber in the forwarder's log. */
interface Progress {
  delivered: number;
  /** The ids of failing messages. */
  readonly failing: RecentMap<string, true>;
  lastFailure?: SubscriberFailure;
}

/** Counts the deliveries to subscribers, and keeps the e-mails. */
export class SubscriberStates {
  readonly #progress = new Map<string, Progress>();
  readonly #emails = new RecentMap<string, SubscriberEmail>(LAB_KEEPS.emails);
  #subscribers: LabSubscribers | undefined;
  #emailCount = 0;
  readonly #listeners = new Listeners<[readonly SubscriberStatus[]]>(() => {
    let told = '[]';
    return startPolling(
      async (signal) => {
        const statuses = await this.statuses();
        const text = JSON.stringify(statuses);
        if (text !== told && !signal.aborted) this.#listeners.tell(statuses);
        told = text;
      },
      // Not reported: SQS is down, and the person at the machine has switched it off.
      { intervalMs: POLL_MS, what: 'count what waits for subscribers', reportFailure: () => {} },
    );
  });

  /** The stack has started with these subscribers. */
  open(subscribers: LabSubscribers): void {
    this.#subscribers = subscribers;
  }

  /** Takes a line of the forwarder's log. Other lines are ignored. */
  logged(line: string, at = Date.now()): void {
    const entry = entryOf(line);
    if (!entry) return;
    const { outcome, subscriber, message_id } = entry;
    const progress = this.#progressOf(subscriber);
    if (outcome === 'failed') {
      if (message_id !== undefined) progress.failing.set(message_id, true);
    } else if (message_id !== undefined) progress.failing.delete(message_id);
    if (outcome === 'delivered') progress.delivered++;
    if (outcome === 'failed' || outcome === 'dead-lettered') {
      progress.lastFailure = failureOf(entry, at);
    }
  }

  emailed(email: TopicEmail, at = Date.now()): SubscriberEmail {
    const message_id = email.message_id ?? messageIdIn(email.text);
    const kept = {
      ...email,
      ...(message_id !== undefined && { message_id }),
      id: String(this.#emailCount++),
      at,
    };
    this.#emails.set(kept.id, kept);
    return kept;
  }

  /** The latest first. */
  emails(): SubscriberEmail[] {
    return this.#emails.latest();
  }

  async statuses(): Promise<readonly SubscriberStatus[]> {
    if (!this.#subscribers) return [];
    const { configured } = this.#subscribers;
    const depths = configured.length > 0 ? await this.#subscribers.depths() : new Map();
    return configured.map((subscriber) =>
      statusOf(subscriber, depths.get(subscriber.name), this.#progressOf(subscriber.name)),
    );
  }

  /** Calls back after changes, at most twice a second. */
  watch(listener: (statuses: readonly SubscriberStatus[]) => void): Disposable {
    return this.#listeners.add(listener);
  }

  #progressOf(name: string): Progress {
    const known = this.#progress.get(name);
    if (known) return known;
    const progress: Progress = { delivered: 0, failing: new RecentMap(MAX_FAILING) };
    this.#progress.set(name, progress);
    return progress;
  }
}

function statusOf(
  { name, kind, target, filterPolicy }: LabSubscriber,
  { waiting, dead }: QueueDepths = { waiting: 0, dead: 0 },
  { delivered, failing, lastFailure }: Progress,
): SubscriberStatus {
  return {
    name,
    kind,
    ...(target !== undefined && { target: hostIn(target) }),
    ...(filterPolicy && { filter: filterText(filterPolicy) }),
    waiting,
    // A message that was removed from the queue by hand is not failing any more.
    failing: Math.min(failing.size, waiting),
    ...(kind !== 'queue' && { delivered }),
    dead,
    ...(lastFailure && { lastFailure }),
  };
}

/** Shortens a URL to its host, because its path may be a secret. */
function hostIn(target: string): string {
  return URL.parse(target)?.host || target;
}

/** The id at the end of an e-mail, after the text of the SMS: see lib/forwarding/email.ts. */
function messageIdIn(text: string): string | undefined {
  return /(?:^|\n)Message id: (\S+)\s*$/.exec(text)?.[1];
}

/** The fields of a delivery in a line of the forwarder: see lib/telemetry/observability.ts. */
interface ForwarderEntry {
  readonly outcome: 'delivered' | 'already-delivered' | 'failed' | 'dead-lettered' | 'unreadable';
  readonly subscriber: string;
  readonly message_id?: string;
  readonly attempt?: number;
  readonly status?: number;
  readonly reason?: string;
  readonly next_attempt_s?: number;
}

function entryOf(line: string): ForwarderEntry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line);
    return typeof entry?.subscriber === 'string' ? entry : undefined;
  } catch {
    return undefined;
  }
}

function failureOf(entry: ForwarderEntry, at: number): SubscriberFailure {
  const { status, reason, message_id, attempt, next_attempt_s } = entry;
  return {
    at,
    reason: reason ?? (status === undefined ? 'failed' : String(status)),
    ...(message_id !== undefined && { message_id }),
    ...(attempt !== undefined && { attempt }),
    ...(next_attempt_s !== undefined && { next_at: at + next_attempt_s * 1_000 }),
  };
}
