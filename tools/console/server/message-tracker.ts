import { comparePositions } from '../../archive/archive-query.ts';
import type { MessageArchive } from '../../archive/message-archive.ts';
import type { MessageSummary } from '../protocol.ts';
import type { Summarise } from './message-summary.ts';

export interface TrackedArchive {
  readonly archive: Pick<MessageArchive, 'listKeys' | 'findAll'>;
  readonly summarise: Summarise;
  /** Of those that wait to be published, so many are looked at again. Default: 20,000. */
  readonly maxUnpublished?: number;
}

/**
 * How much later than its `received_at` says a message may come into the index: what the function may
 * take to store it, what the clocks of functions differ by, and what the index lags behind.
 */
const OVERLAP_MS = 15_000;
/** DynamoDB reads so many ids at once. */
const BATCH = 100;
/** Of those that are not published yet, so many are looked at again in one poll; others in the next. */
const MAX_AGAIN = 500;
const MAX_UNPUBLISHED = 20_000;

/** What has been told of a message. */
interface Known {
  readonly received_at: number;
  readonly isPublished: boolean;
  /** All that can change. */
  readonly version: string;
}

/** Finds out which messages are new or have changed since it was asked last. */
export class MessageTracker {
  readonly #archive: TrackedArchive['archive'];
  readonly #summarise: Summarise;
  readonly #maxUnpublished: number;
  readonly #emit: (summary: MessageSummary) => void;
  /** Of the newest, and of those that are not published; the one that was read last is last. */
  readonly #known = new Map<string, Known>();
  /** The latest `received_at` seen: by the functions' clock, not by this machine's. */
  #newest: number | undefined;

  /** @param emit Told of each, the oldest first. */
  constructor(tracked: TrackedArchive, emit: (summary: MessageSummary) => void) {
    this.#archive = tracked.archive;
    this.#summarise = tracked.summarise;
    this.#maxUnpublished = tracked.maxUnpublished ?? MAX_UNPUBLISHED;
    this.#emit = emit;
  }

  /** Looks for new messages, and at those again that are not published yet. */
  async poll(signal: AbortSignal): Promise<void> {
    this.#newest ??= await this.#readNewest(signal);
    const ids: string[] = [];
    const since = this.#newest - OVERLAP_MS;
    const keys = this.#archive.listKeys({ since, order: 'oldest-first' }, { signal });
    for await (const { message_id } of keys) if (!this.#known.has(message_id)) ids.push(message_id);
    await this.read([...ids, ...this.#due()], signal);
    this.#forget();
  }

  /** Looks at these messages now. */
  async read(ids: readonly string[], signal: AbortSignal): Promise<void> {
    for (let first = 0; first < ids.length; first += BATCH) {
      const batch = ids.slice(first, first + BATCH);
      const found = await this.#archive.findAll(batch, { signal });
      const summaries = await this.#summarise(found.toSorted(comparePositions), signal);
      const missing = new Set(batch);
      for (const summary of summaries) {
        missing.delete(summary.message_id);
        if (this.#remember(summary)) this.#emit(summary);
      }
      // Deleted, or not seen yet by the replica that was asked: then the next poll finds it.
      for (const id of missing) this.#known.delete(id);
    }
  }

  /** Somebody was shown these: changes of those that are not published yet are told from now on. */
  note(summaries: readonly MessageSummary[]): void {
    for (const summary of summaries) {
      const isNews = !this.#known.has(summary.message_id) && summary.state !== 'published';
      if (isNews) this.#remember(summary);
    }
  }

  /** Those that were not looked at for longest. */
  #due(): string[] {
    const ids: string[] = [];
    for (const [id, { isPublished }] of this.#known) {
      if (!isPublished) ids.push(id);
      if (ids.length === MAX_AGAIN) break;
    }
    return ids;
  }

  /** @returns Whether it is news. */
  #remember(summary: MessageSummary): boolean {
    const { message_id, received_at, state, requests, attempts, conflicts, published_at } = summary;
    const version = [state, requests, attempts, conflicts, published_at].join();
    const isNews = this.#known.get(message_id)?.version !== version;
    this.#known.delete(message_id);
    this.#known.set(message_id, { received_at, isPublished: state === 'published', version });
    if (this.#newest !== undefined) this.#newest = Math.max(this.#newest, received_at);
    return isNews;
  }

  /** In an empty table everything is new. */
  async #readNewest(signal: AbortSignal): Promise<number> {
    for await (const { received_at } of this.#archive.listKeys({ limit: 1 }, { signal })) {
      return received_at;
    }
    return 0;
  }

  /** What cannot be news any more, and too much of what waits to be published. */
  #forget(): void {
    const since = (this.#newest ?? 0) - OVERLAP_MS;
    let unpublished = 0;
    for (const [id, { isPublished, received_at }] of this.#known) {
      if (isPublished && received_at < since) this.#known.delete(id);
      if (!isPublished) unpublished++;
    }
    for (const [id, { isPublished }] of this.#known) {
      if (unpublished <= this.#maxUnpublished) return;
      if (isPublished) continue;
      this.#known.delete(id);
      unpublished--;
    }
  }
}
