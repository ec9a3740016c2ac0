import { setTimeout as delay } from 'node:timers/promises';
import type { MessageArchive } from '../../archive/message-archive.ts';
import { type Counters, LOST_AFTER_MS } from '../lab-protocol.ts';
import { Listeners } from '../server/watching.ts';

/** Older messages are still counted, but no longer checked. */
const MAX_MESSAGES = 20_000;

interface Fate {
  /** The counts that it is in, without `lost`. */
  readonly counted: Set<Exclude<keyof Counters, 'lost'>>;
  /** When it was first answered 200. */
  acceptedAt?: number;
  /** The table was read after its last event, and does not have it. */
  isMissing: boolean;
}

/** The facts of a message in the table. */
export interface StoredState {
  readonly message_id: string;
  readonly published_at?: number;
}

/** Counts what happened to each message, to prove that none is lost. */
export class MessageFates {
  /** In the order of their first events. */
  readonly #fates = new Map<string, Fate>();
  /** The counts of messages that are no longer checked. */
  readonly #settled: Record<keyof Counters, number> = noCounters();
  /** Messages whose record may have changed. */
  readonly #unread = new Set<string>();
  readonly #startedAt: number;
  readonly #maxMessages: number;

  constructor({ startedAt = Date.now(), maxMessages = MAX_MESSAGES } = {}) {
    this.#startedAt = startedAt;
    this.#maxMessages = maxMessages;
  }

  /** It was posted, and answered. */
  sent(messageId: string, status: number | undefined, at: number): void {
    const fate = this.#fateOf(messageId);
    fate.counted.add('sent');
    if (status === 200) {
      fate.counted.add('accepted');
      fate.acceptedAt ??= at;
    }
    this.changed(messageId);
  }

  delivered(messageId: string): void {
    this.#fateOf(messageId).counted.add('delivered');
  }

  emailed(messageId: string): void {
    this.#fateOf(messageId).counted.add('emailed');
  }

  /** A client has deleted the record, as `forget` and `doctor` do. */
  deleted(messageId: string): void {
    this.#fates.get(messageId)?.counted.add('deleted');
    this.changed(messageId);
  }

  /** A function has stored or deleted the record. From now on, a missing record is a loss again. */
  storedOrTaken(messageId: string): void {
    this.#fates.get(messageId)?.counted.delete('deleted');
  }

  /** The table may have changed, so earlier answers are not valid. */
  changed(messageId: string): void {
    const fate = this.#fates.get(messageId);
    if (!fate) return;
    fate.isMissing = false;
    this.#unread.add(messageId);
  }

  /** Takes up to `count` ids to read from the table. The others come next time. */
  takeUnread(count = Number.POSITIVE_INFINITY): string[] {
    const ids = [...this.#unread].slice(0, count);
    for (const id of ids) this.#unread.delete(id);
    return ids;
  }

  /** The ids of `count` messages, from place `first` on. */
  slice(first: number, count: number): string[] {
    return [...this.#fates.keys()].slice(first, first + count);
  }

  get size(): number {
    return this.#fates.size;
  }

  /** Takes an answer of the table: the ids that were read, and the records that it has. */
  read(asked: readonly string[], found: readonly StoredState[]): void {
    const byId = new Map(found.map((stored) => [stored.message_id, stored]));
    for (const id of asked) {
      const fate = this.#fates.get(id);
      // It has changed since the read, so the next answer counts.
      if (!fate || this.#unread.has(id)) continue;
      const { counted } = fate;
      const stored = byId.get(id);
      const { published_at } = stored ?? {};
      fate.isMissing = !stored;
      if (stored) counted.add('stored');
      else counted.delete('stored');
      if (published_at === undefined) counted.delete('published');
      // Published by an earlier run, to its subscribers.
      else if (published_at < this.#startedAt) counted.add('published').add('delivered');
      else counted.add('published');
    }
  }

  counters(now = Date.now()): Counters {
    const counters = { ...this.#settled };
    for (const fate of this.#fates.values()) count(fate, counters, now);
    return counters;
  }

  #fateOf(messageId: string): Fate {
    const known = this.#fates.get(messageId);
    if (known) return known;
    const fate: Fate = { counted: new Set(), isMissing: false };
    this.#fates.set(messageId, fate);
    if (this.#fates.size > this.#maxMessages) this.#letGo();
    return fate;
  }

  #letGo(): void {
    for (const [id, fate] of this.#fates) {
      count(fate, this.#settled, Date.now());
      this.#fates.delete(id);
      this.#unread.delete(id);
      return;
    }
  }
}

function noCounters(): Record<keyof Counters, number> {
  const first = { sent: 0, accepted: 0, stored: 0, published: 0 };
  return { ...first, delivered: 0, emailed: 0, deleted: 0, lost: 0 };
}

function count(fate: Fate, counters: Record<keyof Counters, number>, now: number): void {
  if (!fate.counted.has('sent')) return;
  for (const name of fate.counted) counters[name]++;
  counters.lost += Number(isLost(fate, now));
}

function isLost({ counted, acceptedAt, isMissing }: Fate, now: number): boolean {
  if (acceptedAt === undefined) return false;
  const isLate = !counted.has('delivered') && now - acceptedAt > LOST_AFTER_MS;
  return isLate || (isMissing && !counted.has('deleted'));
}

const TURN_MS = 250;
/** Messages that are read in one turn, so that the emulator can also answer others. */
const READ_PER_TURN = 500;
/** After this many turns, messages without events are read again. */
const TURNS_PER_LOOK = 4;
const LOOKED_AT = 200;
/** The same when somebody asks for the counts. */
const LOOKED_AT_WHEN_ASKED = 1_000;

/** Compares the known facts of the messages with the table. */
export class Counting {
  readonly #fates: MessageFates;
  readonly #archive: Pick<MessageArchive, 'findAll'>;
  readonly #listeners = new Listeners<[Counters]>(() => {
    const stopping = new AbortController();
    void this.#run(stopping.signal);
    return { [Symbol.dispose]: () => stopping.abort() };
  });
  #place = 0;

  constructor(fates: MessageFates, archive: Pick<MessageArchive, 'findAll'>) {
    this.#fates = fates;
    this.#archive = archive;
  }

  async counters(): Promise<Counters> {
    await this.#refresh(this.#fates.takeUnread(), LOOKED_AT_WHEN_ASKED);
    return this.#fates.counters();
  }

  /** Calls back after changes, at most four times a second. */
  watch(listener: (counters: Counters) => void): Disposable {
    return this.#listeners.add(listener);
  }

  async #run(signal: AbortSignal): Promise<void> {
    let told = '';
    for (let turn = 0; !signal.aborted; turn++) {
      // The next turn reads again. A request for the counts reports a table that does not answer.
      const others = turn % TURNS_PER_LOOK === 0 ? LOOKED_AT : 0;
      await this.#refresh(this.#fates.takeUnread(READ_PER_TURN), others).catch(() => {});
      const counters = this.#fates.counters();
      const text = JSON.stringify(counters);
      if (text !== told && !signal.aborted) this.#listeners.tell(counters);
      told = text;
      await delay(TURN_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #refresh(unread: readonly string[], others: number): Promise<void> {
    const asked = [...new Set([...unread, ...this.#next(others)])];
    if (asked.length === 0) return;
    try {
      this.#fates.read(asked, await this.#archive.findAll(asked));
    } catch (error) {
      for (const id of unread) this.#fates.changed(id);
      throw error;
    }
  }

  /** The next messages in turn. After the last, it starts again. */
  #next(count: number): string[] {
    const ids = this.#fates.slice(this.#place, count);
    this.#place += ids.length;
    if (this.#place >= this.#fates.size) this.#place = 0;
    return ids;
  }
}
