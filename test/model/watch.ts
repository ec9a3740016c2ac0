import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { toItem } from '../../lib/aws/message-item.ts';
import type { MessageRecord } from '../../lib/messages/message-record.ts';
import { type Call, isMessage, isQuarantineEntry, writerOf } from './calls.ts';
import { checkOrder, checkTries, checkWrite, recordOf, type StoredRecord } from './invariants.ts';
import type { Invocation } from './lambda.ts';
import type { MemorySns } from './memory-sns.ts';
import type { MemoryTable } from './memory-table.ts';
import { QuarantineWatch } from './quarantine-watch.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface WatchOptions {
  readonly time: VirtualTime;
  readonly keepsOrder: boolean;
  /** Sweeps leave younger records alone. */
  readonly graceMs: number;
  readonly violated: (what: string) => void;
}

/** Checks the invariants at every write and every publication. */
export class Watch {
  /** What the table holds. */
  readonly records = new Map<string, StoredRecord>();
  readonly quarantine: QuarantineWatch;
  readonly #table: MemoryTable;
  readonly #sns: MemorySns;
  readonly #options: WatchOptions;
  /** The invocation that took a claim, by the claim's owner. */
  readonly #claimers = new Map<string, Invocation>();
  readonly #tries = new Map<string, { requests: number; publish_attempts: number }>();
  readonly #storedAt = new Map<string, number>();

  constructor(table: MemoryTable, sns: MemorySns, options: WatchOptions) {
    this.#table = table;
    this.#sns = sns;
    this.#options = options;
    this.quarantine = new QuarantineWatch(table, sns);
  }

  /** A record that an earlier attempt has left pending. */
  store(record: MessageRecord): void {
    const { message_id, requests, publish_attempts } = record;
    const Item = toItem(record);
    // Every second one as the version before has written it, which counted publish attempts only.
    if (requests === publish_attempts && Number(message_id.slice(-1)) % 2 === 0)
      delete Item.requests;
    this.#table.execute(new PutItemCommand({ TableName: 'messages', Item }));
    this.records.set(message_id, recordOf(Item));
    this.#tries.set(message_id, { requests, publish_attempts });
  }

  /** A call about this key has been applied. */
  wrote(key: string, call: Call): void {
    if (isMessage(key)) this.#wroteMessage(key, call);
    else if (isQuarantineEntry(key)) this.#check(() => this.quarantine.wrote(key, call));
  }

  /** The webhook has noted that it has kept a request. */
  quarantined(quarantineId: string, body: string): void {
    this.#check(() => this.quarantine.noted(quarantineId, body));
  }

  #wroteMessage(id: string, { command, invocation }: Call): void {
    const before = this.records.get(id);
    const item = this.#table.items.get(id);
    const after = item && recordOf(item);
    if (after) this.records.set(id, after);
    if (!before) this.#storedAt.set(id, this.#options.time.now);
    this.#check(() =>
      checkWrite(before, after, {
        writer: writerOf(command),
        publications: this.#sns.publicationsOf(id).length,
        isAtWork: (owner) => this.#claimers.get(owner)?.isOver === false,
      }),
    );
    const tries = this.#tries.get(id) ?? { requests: 0, publish_attempts: 0 };
    this.#tries.set(id, tries);
    const owner = after?.claim?.owner;
    if (owner !== undefined && owner !== before?.claim?.owner) {
      this.#claimers.set(owner, invocation);
      tries.publish_attempts++;
      if (invocation.sandbox.runs !== 'sweeper') tries.requests++;
    }
    this.#check(() => checkTries(after, tries));
  }

  /** SNS has accepted a message. */
  published(id: string, { sandbox, startedAt, sawStaleIndex }: Invocation): void {
    for (const fault of this.#sns.contractFaults.splice(0)) {
      this.#options.violated(`a publication breaks the contract: ${fault}`);
    }
    const { keepsOrder, graceMs, time } = this.#options;
    if (!keepsOrder || sandbox.runs !== 'sweeper' || sawStaleIndex) return;
    if (this.#sns.publicationsOf(id).length > 1) return;
    this.#check(() =>
      checkOrder(id, this.records, {
        receivedBefore: startedAt + sandbox.skewMs - graceMs,
        now: time.now + sandbox.skewMs,
        isPublished: (other) => this.#sns.publicationsOf(other).length > 0,
        isRefused: (other) => ['entry', 'batch'].includes(this.#sns.poison.get(other) ?? ''),
        wasThere: (other) => (this.#storedAt.get(other) ?? 0) < startedAt,
      }),
    );
  }

  #check(invariant: () => void): void {
    try {
      invariant();
    } catch (error) {
      this.#options.violated((error as Error).message);
    }
  }
}
