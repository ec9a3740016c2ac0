import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  fromQuarantineItem,
  QUARANTINE_SHARD,
  quarantineIdOfKey,
  quarantineKeyOf,
} from '../../lib/aws/quarantine-item.ts';
import type { QuarantineEntry, QuarantineReason } from '../../lib/messages/quarantine.ts';
import type { CallOptions } from './abortable.ts';
import type { ArchiveQuery, Position } from './archive-query.ts';
import { batchGet } from './batch-get.ts';
import { readIndex } from './message-archive-index.ts';
import { inBatches } from './pacing.ts';

/** Selects entries. Times are from the first attempt. Numbers are the readable ones. */
export interface QuarantineQuery
  extends Pick<ArchiveQuery, 'since' | 'until' | 'from' | 'sms_number' | 'order'> {
  readonly reason?: QuarantineReason | undefined;
  /** Includes entries that were accepted or discarded. */
  readonly isDecidedToo?: boolean | undefined;
  /**
   * Only entries behind this position. Its `message_id` is a quarantine_id, or any text in the same order.
   */
  readonly after?: Position | undefined;
}

/** Entries per call. Each may have 64 KiB. */
const BATCH = 50;
/** The beginning of a quarantine_id. A shorter one would match too many. */
const BEGINNING = /^[0-9a-f]{8,32}$/i;

/**
 * Reads the quarantine in a DynamoDB table, for people who look for entries. It may lag behind by about a
 * second.
 */
export class QuarantineArchive {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  /** The matching entries, in the order of their first attempts. Default: newest first. */
  async *list(query: QuarantineQuery, options: CallOptions = {}): AsyncGenerator<QuarantineEntry> {
    for await (const ids of inBatches(this.#ids(query, options), BATCH)) {
      for (const entry of await this.#read(ids, options)) {
        if (query.reason !== undefined && entry.reason !== query.reason) continue;
        if (query.isDecidedToo || isWaiting(entry)) yield entry;
      }
    }
  }

  /**
   * The entries that a person names, by the first 8 or more digits of a quarantine_id, or by the sent
   * `message_id`. The latter reads all entries.
   */
  async named(name: string, options: CallOptions = {}): Promise<QuarantineEntry[]> {
    if (BEGINNING.test(name)) {
      const ids: string[] = [];
      for await (const id of this.#ids({}, options)) {
        if (id.startsWith(name.toLowerCase())) ids.push(id);
      }
      if (ids.length > 0) return this.#read(ids.slice(0, BATCH), options);
    }
    const found: QuarantineEntry[] = [];
    for await (const entry of this.list({ isDecidedToo: true }, options)) {
      const { sent_message_id } = entry;
      if (sent_message_id === name || sent_message_id === name.toLowerCase()) found.push(entry);
    }
    return found;
  }

  /** The existing entries with these ids, in the order of the ids. 100 ids at most. */
  find(ids: readonly string[], options: CallOptions = {}): Promise<QuarantineEntry[]> {
    return this.#read(ids, options);
  }

  async *#ids({ after, ...others }: QuarantineQuery, options: CallOptions): AsyncGenerator<string> {
    const query = {
      ...others,
      ...(after && { after: { ...after, message_id: quarantineKeyOf(after.message_id) } }),
    };
    const shards = [QUARANTINE_SHARD];
    for await (const key of readIndex(this.#client, this.#table, query, options, shards)) {
      yield quarantineIdOfKey(key.message_id);
    }
  }

  /** In the order of the ids. Leaves out entries that were deleted since the index was read. */
  async #read(ids: readonly string[], options: CallOptions): Promise<QuarantineEntry[]> {
    const items = await batchGet(this.#client, this.#table, ids.map(quarantineKeyOf), options);
    const entries = items.map(fromQuarantineItem);
    const byId = new Map(entries.map((entry) => [entry.quarantine_id, entry]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }
}

/** Whether nobody has accepted or discarded it yet. */
export function isWaiting({ accepted_at, discarded_at }: QuarantineEntry): boolean {
  return accepted_at === undefined && discarded_at === undefined;
}
