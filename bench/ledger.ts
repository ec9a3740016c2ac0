import type { SentMessage } from './reconcile.ts';

/** Keeps book of a run, in the words of reconcile.ts. */
export class Ledger {
  readonly sent = new Map<string, SentMessage>();
  readonly faults = new Map<string, number>();
  readonly #inFlight: string[] = [];

  begin(id: string, text: string): SentMessage {
    const message = this.sent.get(id) ?? {
      text,
      sends: 0,
      answered: 0,
      emailed: 0,
      explanations: 0,
    };
    message.sends++;
    this.sent.set(id, message);
    return message;
  }

  /** Requests under way are what a crash can hit. */
  async during<T>(id: string, work: () => Promise<T>): Promise<T> {
    this.#inFlight.push(id);
    try {
      return await work();
    } finally {
      this.#inFlight.splice(this.#inFlight.indexOf(id), 1);
    }
  }

  get inFlight(): readonly string[] {
    return [...this.#inFlight];
  }

  /** @param explains Messages that may be published once more for it. */
  fault(kind: string, explains: Iterable<string> = []): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    for (const id of new Set(explains)) {
      const message = this.sent.get(id);
      if (message) message.explanations++;
    }
  }

  get faultsText(): string {
    return [...this.faults].map(([kind, count]) => `${kind} ${count}`).join(', ') || 'none';
  }
}
