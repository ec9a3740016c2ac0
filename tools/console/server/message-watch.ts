import type { DeliveryMarks } from '../../../lib/forwarding/delivery-mark.ts';
import { comparePositions } from '../../archive/archive-query.ts';
import type { MessageArchive } from '../../archive/message-archive.ts';
import { inBatches } from '../../archive/pacing.ts';
import type { MessageSummary } from '../protocol.ts';
import type { Summarise } from './message-summary.ts';
import { createQueue, Listeners, type ReportFailure, startPolling } from './watching.ts';

interface TrackedArchive {
  readonly archive: Pick<MessageArchive, 'listKeys' | 'findAll'>;
  readonly summarise: Summarise;
  /** The limit for unpublished messages that are read again. Default: 20,000. */
  readonly maxUnpublished?: number;
  /** Epoch ms. Default: the clock. */
  readonly now?: () => number;
}

interface MessageWatchOptions extends TrackedArchive {
  readonly pollMs: number;
  readonly reportFailure: ReportFailure;
}

type Tell = (summary: MessageSummary) => void;

/** Messages that are poked within this time are read together. */
const POKE_DELAY_MS = 30;

/** Polls the archive for new and changed messages while somebody watches. */
export class MessageWatch {
  readonly #options: MessageWatchOptions;
  readonly #listeners = new Listeners<[MessageSummary]>(() => this.#begin());
  /** From the first watcher to the last. */
  #tracker: MessageTracker | undefined;
  #poke: (messageId: string) => void = () => {};

  constructor(options: MessageWatchOptions) {
    this.#options = options;
  }

  watch(listener: Tell): Disposable {
    return this.#listeners.add(listener);
  }

  /** A page shows these messages, so their changes are reported. */
  note(summaries: readonly MessageSummary[]): void {
    this.#tracker?.note(summaries);
  }

  /** A page has opened this message, so its deliveries are reported. */
  open(summary: MessageSummary, marks: DeliveryMarks | undefined): void {
    this.#tracker?.open(summary, marks);
  }

  /** Reads one message now, instead of at the next poll. */
  poke(messageId: string): void {
    this.#poke(messageId);
  }

  #begin(): Disposable {
    const { pollMs: intervalMs, reportFailure } = this.#options;
    const ending = new AbortController();
    const { signal } = ending;
    const tracker = new MessageTracker(this.#options, (summary) => {
      if (!signal.aborted) this.#listeners.tell(summary);
    });
    // One read after the other, so that an older state is never reported after a newer one.
    const inTurn = createQueue();
    const polling = startPolling((ended) => inTurn(() => tracker.poll(ended)), {
      intervalMs,
      what: 'look for new messages',
      reportFailure,
    });
    const poked = new Set<string>();
    let timer: NodeJS.Timeout | undefined;
    this.#tracker = tracker;
    this.#poke = (messageId) => {
      poked.add(messageId);
      timer ??= setTimeout(() => {
        const ids = [...poked];
        poked.clear();
        timer = undefined;
        // After a failure, the next poll reads it.
        inTurn(() => tracker.read(ids, signal)).catch(() => {});
      }, POKE_DELAY_MS);
    };
    return {
      [Symbol.dispose]: () => {
        ending.abort();
        polling[Symbol.dispose]();
        clearTimeout(timer);
        this.#tracker = undefined;
        this.#poke = () => {};
      },
    };
  }
}

/**
 * How much later than its `received_at` a message may appear in the index: the time to store it, the difference
 * between the functions' clocks, and the delay of the index.
 */
const OVERLAP_MS = 15_000;
/** Messages that one call of DynamoDB reads and that are reported together. */
const BATCH = 100;
/** Unpublished messages that one poll reads again. The others come in later polls. */
const MAX_AGAIN = 500;
/** The last opened messages that each poll reads again, because their deliveries continue. */
const MAX_OPENED = 10;

/** Published messages whose deliveries are followed: the newest of the last hour. */
const FOLLOWED = { count: 100, ms: 3_600_000, intervalMs: 15_000 };

/** The last reported state of a message. */
interface Known {
  readonly received_at: number;
  /** Absent while it is not published. */
  readonly published_at: number | undefined;
  /** A subscriber lacks the published message. */
  readonly isUndelivered: boolean;
  /** All fields of the summary that can change, in one text. */
  readonly version: string;
  /** Its delivery marks, in one text. Absent if they were not read. */
  readonly marks: string | undefined;
}

/** Finds the messages that are new or have changed since the last read. */
export class MessageTracker {
  readonly #tracked: TrackedArchive;
  readonly #tell: Tell;
  /** The newest, the unpublished and the followed messages, in the order of their last read. */
  readonly #known = new Map<string, Known>();
  /** The ids of opened messages, in their order. */
  #opened: readonly string[] = [];
  /** The latest `received_at` so far, by the functions' clock and not by this machine's. */
  #newest: number | undefined;
  #followedAt = Number.NEGATIVE_INFINITY;

  /** @param tell Called for each, the oldest first. */
  constructor(tracked: TrackedArchive, tell: Tell) {
    this.#tracked = tracked;
    this.#tell = tell;
  }

  /** Reads new messages, and reads those again that are not published or not delivered. */
  async poll(signal: AbortSignal): Promise<void> {
    this.#newest ??= await this.#readNewest(signal);
    const ids: string[] = [];
    const since = this.#newest - OVERLAP_MS;
    const keys = this.#tracked.archive.listKeys({ since, order: 'oldest-first' }, { signal });
    for await (const { message_id } of keys) if (!this.#known.has(message_id)) ids.push(message_id);
    // The ids with the oldest reads.
    const again = this.#unpublished().slice(0, MAX_AGAIN);
    const all = new Set([...ids, ...again, ...this.#opened, ...this.#dueDeliveries()]);
    await this.read([...all], signal);
    this.#forget();
  }

  /** Reads these messages now. If a call fails, the messages read before are still reported. */
  async read(ids: readonly string[], signal: AbortSignal): Promise<void> {
    const { archive, summarise } = this.#tracked;
    for await (const batch of inBatches(ids, BATCH)) {
      const found = await archive.findAll(batch, { signal });
      const summaries = await summarise(found.toSorted(comparePositions), signal);
      const marks = new Map(found.map(({ message_id, deliveries }) => [message_id, deliveries]));
      const missing = new Set(batch);
      for (const summary of summaries) {
        missing.delete(summary.message_id);
        if (this.#remember(summary, marksText(marks.get(summary.message_id)))) this.#tell(summary);
      }
      // Deleted, or not on this replica yet. Then the next poll finds it.
      for (const id of missing) this.#known.delete(id);
    }
  }

  /** A page shows these messages. From now on, changes of the unpublished and undelivered ones are reported. */
  note(summaries: readonly MessageSummary[]): void {
    for (const summary of summaries) {
      const mayChange = summary.state !== 'published' || isUndelivered(summary);
      if (mayChange && !this.#known.has(summary.message_id)) this.#remember(summary);
    }
  }

  /** A page has opened this message. From now on, changes of its deliveries are reported. */
  open(summary: MessageSummary, marks: DeliveryMarks | undefined): void {
    const { message_id, received_at } = summary;
    const others = this.#opened.filter((id) => id !== message_id);
    this.#opened = [...others, message_id].slice(-MAX_OPENED);
    // A newer state may not be reported yet, and then it is news for the other pages.
    const isOld = received_at < (this.#newest ?? 0) - OVERLAP_MS;
    const known = this.#known.get(message_id);
    if (isOld && !known) this.#remember(summary, marksText(marks));
    if (known) this.#known.set(message_id, { ...known, marks: known.marks ?? marksText(marks) });
  }

  /** If the table was empty, every message is new. */
  async #readNewest(signal: AbortSignal): Promise<number> {
    const newest = this.#tracked.archive.listKeys({ limit: 1 }, { signal });
    for await (const { received_at } of newest) return received_at;
    return 0;
  }

  #unpublished(): string[] {
    return [...this.#known].flatMap(([id, known]) =>
      known.published_at === undefined ? [id] : [],
    );
  }

  /** The newest messages of the last hour that a subscriber lacks. */
  #followed(): string[] {
    const since = (this.#tracked.now ?? Date.now)() - FOLLOWED.ms;
    return [...this.#known]
      .filter(([, { isUndelivered, published_at = 0 }]) => isUndelivered && published_at >= since)
      .sort(([, a], [, b]) => b.received_at - a.received_at)
      .slice(0, FOLLOWED.count)
      .map(([id]) => id);
  }

  #dueDeliveries(): string[] {
    const now = (this.#tracked.now ?? Date.now)();
    if (now - this.#followedAt < FOLLOWED.intervalMs) return [];
    this.#followedAt = now;
    return this.#followed();
  }

  /**
   * @param marks Absent if they were not read. The first marks that are read are not new then.
   * @returns Whether the state is new.
   */
  #remember(summary: MessageSummary, marks?: string): boolean {
    const { message_id, received_at, state, requests, publish_attempts, conflicts, published_at } =
      summary;
    const counted = [
      requests,
      publish_attempts,
      conflicts,
      published_at,
      summary.claimed_until,
      summary.isReplayed,
      summary.undelivered,
      summary.waiting,
    ];
    const version = JSON.stringify([state, ...counted]);
    const known = this.#known.get(message_id);
    const isNews =
      known?.version !== version || (known.marks !== undefined && known.marks !== marks);
    this.#known.delete(message_id);
    this.#known.set(message_id, {
      ...{ received_at, published_at, version, marks },
      isUndelivered: isUndelivered(summary),
    });
    if (this.#newest !== undefined) this.#newest = Math.max(this.#newest, received_at);
    return isNews;
  }

  /** Forgets messages that cannot change any more, and unpublished messages beyond the limit. */
  #forget(): void {
    const { maxUnpublished = 20_000 } = this.#tracked;
    const since = (this.#newest ?? 0) - OVERLAP_MS;
    const looked = new Set([...this.#opened, ...this.#followed()]);
    for (const [id, { published_at, received_at }] of this.#known) {
      const isOver = published_at !== undefined && received_at < since && !looked.has(id);
      if (isOver) this.#known.delete(id);
    }
    const unpublished = this.#unpublished();
    const tooMany = Math.max(0, unpublished.length - maxUnpublished);
    for (const id of unpublished.slice(0, tooMany)) this.#known.delete(id);
  }
}

function isUndelivered({ undelivered = [], waiting = [] }: MessageSummary): boolean {
  return undelivered.length > 0 || waiting.length > 0;
}

const marksText = (marks: DeliveryMarks = {}): string => JSON.stringify(marks);
