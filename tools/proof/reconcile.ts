import type { Item } from '../../lib/aws/message-item.ts';

/** What the senders, the table and a subscriber know about the messages of one run. */
export interface Run {
  readonly sent: ReadonlyMap<string, SentMessage>;
  readonly stored: ReadonlyMap<string, StoredMessage>;
  /** The messages of a subscribed queue, in order, with repeats. */
  readonly arrived: readonly ArrivedMessage[];
}

export interface SentMessage {
  readonly text: string;
  /** How often the PBX began to deliver it. More than once for a duplicate. */
  sends: number;
  /** Deliveries that ended with a 200. */
  answered: number;
  /** Deliveries that the PBX gave up and e-mailed. */
  emailed: number;
  /** Faults that may each have caused one more publish. */
  explanations: number;
}

export interface StoredMessage {
  readonly text: string;
  /** Whether it is marked as published. */
  readonly published: boolean;
  /** Whether the sweeper would publish it. */
  readonly pending: boolean;
}

export interface ArrivedMessage {
  readonly id: string;
  readonly text: string;
}

export type Reconciliation = ReturnType<typeof reconcile>;

/**
 * Compares what was promised with what happened, message by message.
 *
 * @returns The figures and all differences. There are none if the guarantee was kept.
 */
export function reconcile({ sent, stored, arrived }: Run) {
  const copies = Map.groupBy(arrived, ({ id }) => id);
  const ids = new Set([...sent.keys(), ...stored.keys(), ...copies.keys()]);
  const differences: { readonly id: string; readonly problem: string }[] = [];
  let [lost, unexplained] = [0, 0];

  for (const id of ids) {
    const message = sent.get(id);
    const record = stored.get(id);
    const got = copies.get(id) ?? [];
    const { answered = 0, emailed = 0, sends = 0, explanations = 0 } = message ?? {};
    const tooMany = Math.max(0, got.length - 1 - explanations);
    const losses = {
      'answered 200 but not stored': answered > 0 && !record,
      'answered 200 but not published': answered > 0 && got.length === 0,
      'neither answered nor e-mailed': answered + emailed < sends,
      'stored but not published': record && got.length === 0,
    };
    const others = {
      'was never sent': !message,
      'published but not stored': !record && got.length > 0,
      'still pending': record?.pending,
      'stored without the mark of a published record': record && !record.published,
      'stored with another text': message && record && record.text !== message.text,
      'published with another text': message && got.some(({ text }) => text !== message.text),
    };
    unexplained += tooMany;
    if (Object.values(losses).some(Boolean)) lost++;
    const repeated = { [`arrived ${got.length} times, which no fault explains`]: tooMany > 0 };
    for (const [problem, isWrong] of Object.entries({ ...repeated, ...losses, ...others })) {
      if (isWrong) differences.push({ id, problem });
    }
  }

  const messages = [...sent.values()];
  return {
    differences,
    figures: {
      sent: sent.size,
      sends: messages.reduce((sum, { sends }) => sum + sends, 0),
      answered: messages.filter(({ answered }) => answered > 0).length,
      emailedOnly: messages.filter(({ answered, emailed }) => answered === 0 && emailed > 0).length,
      stored: stored.size,
      published: [...stored.values()].filter(({ published }) => published).length,
      delivered: copies.size,
      repeated: arrived.length - copies.size,
      unexplained,
      lost,
    },
  };
}

const LABELS: Readonly<Record<keyof Reconciliation['figures'], string>> = {
  sent: 'messages sent',
  sends: 'deliveries begun, duplicates included',
  answered: 'messages answered 200',
  emailedOnly: 'messages e-mailed, never answered 200',
  stored: 'messages stored',
  published: 'messages stored and marked as published',
  delivered: 'messages delivered to the subscriber',
  repeated: 'copies delivered beyond the first',
  unexplained: 'of those, explained by no fault',
  lost: 'messages lost',
};

/** The figures and all differences, for a person. */
export function reconciliationText({ figures, differences }: Reconciliation): string {
  const labelled = Object.entries(figures).map(
    ([name, value]) => [LABELS[name as keyof typeof LABELS], value] as const,
  );
  const rows = [...labelled, ['differences', differences.length] as const];
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    ...rows.map(([label, value]) => `${label.padEnd(width)} ${String(value).padStart(9)}`),
    ...differences.map(({ id, problem }) => `  ${id}: ${problem}`),
  ].join('\n');
}

/** The contents of a table record. */
export function storedMessage(item: Item): StoredMessage {
  return {
    text: item.body?.S ?? '',
    published: item.published_at !== undefined && item.sns_message_id !== undefined,
    pending: item.pending_shard !== undefined,
  };
}

/** Records a run: what was sent, what became of it, and the faults that excuse a repeat. */
export class Ledger {
  readonly sent = new Map<string, SentMessage>();
  readonly faults = new Map<string, number>();
  readonly #inFlight: string[] = [];

  begin(id: string, text: string): SentMessage {
    const none = { sends: 0, answered: 0, emailed: 0, explanations: 0 };
    const message = this.sent.get(id) ?? { text, ...none };
    message.sends++;
    this.sent.set(id, message);
    return message;
  }

  /** Notes a request as running, because a crash may hit it. */
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

  /** @param explains Messages that may be published once more because of it. */
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
