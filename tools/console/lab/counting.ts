import { setTimeout as delay } from 'node:timers/promises';
import type { MessageArchive } from '../../archive/message-archive.ts';
import type { Counters } from '../protocol.ts';
import type { Ledger } from './ledger.ts';

/** DynamoDB's limit on one read, which the archive keeps to its callers. */
const BATCH = 100;
const TURN_MS = 250;
/** In one turn: the emulator has others to answer. */
const READ_PER_TURN = 500;
/** Every so many turns, some messages are looked at that nothing is known to have happened to. */
const TURNS_PER_LOOK = 4;
const LOOKED_AT = 200;
/** As many when somebody asks. */
const LOOKED_AT_WHEN_ASKED = 1_000;

/** Holds the ledger against the table. */
export class Counting {
  readonly #ledger: Ledger;
  readonly #archive: Pick<MessageArchive, 'findAll'>;
  readonly #listeners = new Set<(counters: Counters) => void>();
  #place = 0;
  #watching: AbortController | undefined;

  constructor(ledger: Ledger, archive: Pick<MessageArchive, 'findAll'>) {
    this.#ledger = ledger;
    this.#archive = archive;
  }

  async counters(): Promise<Counters> {
    await this.#refresh(this.#ledger.takeUnread(), LOOKED_AT_WHEN_ASKED);
    return this.#ledger.counters();
  }

  /** Calls back when they have changed, four times a second at most. */
  watch(listener: (counters: Counters) => void): Disposable {
    this.#listeners.add(listener);
    this.#watching ??= this.#start();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
        if (this.#listeners.size > 0) return;
        this.#watching?.abort();
        this.#watching = undefined;
      },
    };
  }

  #start(): AbortController {
    const stopping = new AbortController();
    void this.#run(stopping.signal);
    return stopping;
  }

  async #run(signal: AbortSignal): Promise<void> {
    let told = '';
    for (let turn = 0; !signal.aborted; turn++) {
      // A table that does not answer is for whoever asks it to see: the next turn asks again.
      const others = turn % TURNS_PER_LOOK === 0 ? LOOKED_AT : 0;
      await this.#refresh(this.#ledger.takeUnread(READ_PER_TURN), others).catch(() => {});
      const counters = this.#ledger.counters();
      const text = JSON.stringify(counters);
      if (text !== told && !signal.aborted) {
        for (const listener of this.#listeners) listener(counters);
      }
      told = text;
      await delay(TURN_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #refresh(unread: readonly string[], others: number): Promise<void> {
    const ids = [...new Set([...unread, ...this.#next(others)])];
    for (let first = 0; first < ids.length; first += BATCH) {
      const asked = ids.slice(first, first + BATCH);
      try {
        this.#ledger.read(asked, await this.#archive.findAll(asked));
      } catch (error) {
        for (const id of unread) this.#ledger.changed(id);
        throw error;
      }
    }
  }

  /** The messages whose turn it is: all of them have theirs. */
  #next(count: number): string[] {
    const ids = this.#ledger.slice(this.#place, count);
    this.#place += ids.length;
    if (this.#place >= this.#ledger.size) this.#place = 0;
    return ids;
  }
}
