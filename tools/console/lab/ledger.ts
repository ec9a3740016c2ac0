import { type Counters, LOST_AFTER_MS } from '../protocol.ts';

/** More are counted, but no longer looked after. */
const MAX_MESSAGES = 20_000;

interface Entry {
  isSent: boolean;
  /** When it was first answered 200. */
  acceptedAt?: number;
  /** As the table says; undefined until it is asked again. */
  isStored?: boolean | undefined;
  isPublished: boolean;
  isDelivered: boolean;
  isEmailed: boolean;
  /** Somebody has deleted the record on purpose. */
  isDeleted: boolean;
}

/** What the table holds of a message. */
export interface StoredState {
  readonly message_id: string;
  readonly published_at?: number;
}

/** Keeps account of each message, to see that none is lost. */
export class Ledger {
  /** The one that was begun first is first. */
  readonly #entries = new Map<string, Entry>();
  /** Of those that were let go. */
  #settled: Counters = countersOf([], 0);
  /** Those of which the table may say something new. */
  readonly #unread = new Set<string>();
  readonly #startedAt: number;
  readonly #maxMessages: number;

  constructor(options: { readonly startedAt?: number; readonly maxMessages?: number } = {}) {
    this.#startedAt = options.startedAt ?? Date.now();
    this.#maxMessages = options.maxMessages ?? MAX_MESSAGES;
  }

  /** It was posted, and answered. */
  sent(messageId: string, status: number | undefined, at: number): void {
    const entry = this.#entryOf(messageId);
    entry.isSent = true;
    if (status === 200) entry.acceptedAt ??= at;
    this.changed(messageId);
  }

  delivered(messageId: string): void {
    this.#entryOf(messageId).isDelivered = true;
  }

  emailed(messageId: string): void {
    this.#entryOf(messageId).isEmailed = true;
  }

  /** A client has deleted the record on purpose, as `forget` and `doctor` do. */
  deleted(messageId: string): void {
    const entry = this.#entries.get(messageId);
    if (!entry) return;
    entry.isDeleted = true;
    this.changed(messageId);
  }

  /** A function has stored the record or taken it away: from now on it answers for it again. */
  storedOrTaken(messageId: string): void {
    const entry = this.#entries.get(messageId);
    if (entry) entry.isDeleted = false;
  }

  /** The table may have changed: what it said before does not hold. */
  changed(messageId: string): void {
    const entry = this.#entries.get(messageId);
    if (!entry) return;
    if (entry.isStored === false) entry.isStored = undefined;
    this.#unread.add(messageId);
  }

  /** Those that the table should be asked about; at most so many, the others next time. */
  takeUnread(count = Number.POSITIVE_INFINITY): string[] {
    const ids = [...this.#unread].slice(0, count);
    for (const id of ids) this.#unread.delete(id);
    return ids;
  }

  /** Of all messages, some, beginning at this place. */
  slice(first: number, count: number): string[] {
    return [...this.#entries.keys()].slice(first, first + count);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What the table answered: those that were asked about, and those of them that it has. */
  read(asked: readonly string[], found: readonly StoredState[]): void {
    const byId = new Map(found.map((stored) => [stored.message_id, stored]));
    for (const id of asked) {
      const entry = this.#entries.get(id);
      // It has changed since it was asked about: the next answer counts.
      if (!entry || this.#unread.has(id)) continue;
      const stored = byId.get(id);
      entry.isStored = stored !== undefined;
      entry.isPublished = stored?.published_at !== undefined;
      // Published by an earlier run, whose subscribers have it.
      if ((stored?.published_at ?? this.#startedAt) < this.#startedAt) entry.isDelivered = true;
    }
  }

  counters(now = Date.now()): Counters {
    return sum(this.#settled, countersOf(this.#entries.values(), now));
  }

  #entryOf(messageId: string): Entry {
    const known = this.#entries.get(messageId);
    if (known) return known;
    const entry: Entry = {
      isSent: false,
      isPublished: false,
      isDelivered: false,
      isEmailed: false,
      isDeleted: false,
    };
    this.#entries.set(messageId, entry);
    if (this.#entries.size > this.#maxMessages) this.#letGo();
    return entry;
  }

  #letGo(): void {
    const [oldest] = this.#entries;
    if (!oldest) return;
    const [id, entry] = oldest;
    this.#settled = sum(this.#settled, countersOf([entry], Date.now()));
    this.#entries.delete(id);
    this.#unread.delete(id);
  }
}

function countersOf(entries: Iterable<Entry>, now: number): Counters {
  const counters = {
    sent: 0,
    accepted: 0,
    stored: 0,
    published: 0,
    delivered: 0,
    emailed: 0,
    deleted: 0,
    lost: 0,
  };
  for (const entry of entries) {
    if (!entry.isSent) continue;
    counters.sent++;
    counters.accepted += Number(entry.acceptedAt !== undefined);
    counters.stored += Number(entry.isStored === true);
    counters.published += Number(entry.isPublished);
    counters.delivered += Number(entry.isDelivered);
    counters.emailed += Number(entry.isEmailed);
    counters.deleted += Number(entry.isDeleted);
    counters.lost += Number(isLost(entry, now));
  }
  return counters;
}

function isLost(entry: Entry, now: number): boolean {
  const { acceptedAt, isStored, isDelivered, isDeleted } = entry;
  if (acceptedAt === undefined) return false;
  return (isStored === false && !isDeleted) || (!isDelivered && now - acceptedAt > LOST_AFTER_MS);
}

function sum(a: Counters, b: Counters): Counters {
  return {
    sent: a.sent + b.sent,
    accepted: a.accepted + b.accepted,
    stored: a.stored + b.stored,
    published: a.published + b.published,
    delivered: a.delivered + b.delivered,
    emailed: a.emailed + b.emailed,
    deleted: a.deleted + b.deleted,
    lost: a.lost + b.lost,
  };
}
