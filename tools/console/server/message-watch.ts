import type { MessageSummary } from '../protocol.ts';
import { MessageTracker, type TrackedArchive } from './message-tracker.ts';
import type { ReportFailure } from './watching.ts';
import { startPolling } from './watching.ts';

type Listener = (summary: MessageSummary) => void;

interface MessageWatchOptions extends TrackedArchive {
  readonly pollMs: number;
  readonly reportFailure: ReportFailure;
}

/** What happens to messages within this time is looked at together. */
const POKE_DELAY_MS = 30;

/** Tells of new and of changed messages by asking the archive, as long as somebody wants to know. */
export class MessageWatch {
  readonly #options: MessageWatchOptions;
  readonly #listeners = new Set<Listener>();
  #watching: Watching | undefined;

  constructor(options: MessageWatchOptions) {
    this.#options = options;
  }

  watch(listener: Listener): Disposable {
    const own: Listener = (summary) => listener(summary);
    this.#listeners.add(own);
    this.#watching ??= new Watching(this.#options, (summary) => {
      for (const each of this.#listeners) each(summary);
    });
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(own);
        if (this.#listeners.size > 0) return;
        this.#watching?.[Symbol.dispose]();
        this.#watching = undefined;
      },
    };
  }

  /** Somebody was shown these, and is to hear of what changes. */
  note(summaries: readonly MessageSummary[]): void {
    this.#watching?.tracker.note(summaries);
  }

  /** Has one message looked at now, rather than at the next poll. */
  poke(messageId: string): void {
    this.#watching?.poke(messageId);
  }
}

/** From the first watcher to the last. */
class Watching implements Disposable {
  readonly tracker: MessageTracker;
  readonly #ending = new AbortController();
  readonly #polling: Disposable;
  readonly #poked = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: MessageWatchOptions, emit: Listener) {
    const { pollMs, reportFailure } = options;
    const { signal } = this.#ending;
    this.tracker = new MessageTracker(options, (summary) => {
      if (!signal.aborted) emit(summary);
    });
    this.#polling = startPolling((ended) => this.#inTurn(() => this.tracker.poll(ended)), {
      intervalMs: pollMs,
      what: 'look for new messages',
      reportFailure,
    });
  }

  poke(messageId: string): void {
    this.#poked.add(messageId);
    this.#timer ??= setTimeout(() => {
      const ids = [...this.#poked];
      this.#poked.clear();
      this.#timer = undefined;
      // What fails here is for the next poll.
      this.#inTurn(() => this.tracker.read(ids, this.#ending.signal)).catch(() => {});
    }, POKE_DELAY_MS);
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
    this.#polling[Symbol.dispose]();
    clearTimeout(this.#timer);
  }

  /** One reading after the other: an older one must not be told after a newer one. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}
