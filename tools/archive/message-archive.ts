import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marksIn } from '../../lib/aws/delivery-marks.ts';
import { fromItem, type Item } from '../../lib/aws/message-item.ts';
import type { DeliveryMarks } from '../../lib/forwarding/delivery-mark.ts';
import type { MessageRecord } from '../../lib/messages/message-record.ts';
import { hasNumbers } from '../shared/number-filter.ts';
import { type CallOptions, send } from './abortable.ts';
import type { ArchiveKey, ArchiveQuery } from './archive-query.ts';
import { batchGet, MAX_BATCH } from './batch-get.ts';
import { readIndex } from './message-archive-index.ts';
import { inBatches } from './pacing.ts';

/** A stored message, with when it will be deleted. */
export interface ArchivedMessage extends MessageRecord {
  /** Epoch seconds; absent while the message is pending. */
  readonly expires_at?: number;
  /** By subscriber, for those that a message is forwarded to. Absent if nothing is marked. */
  readonly deliveries?: DeliveryMarks;
}

/** Which messages, by what their records hold. */
export interface MessageQuery extends ArchiveQuery {
  /** Only those for which it is true. It is asked before a record is read, and saves reading the others. */
  readonly whereKey?: ((key: ArchiveKey) => boolean) | undefined;
  /** Only those for which it is true. It is asked for every message that matches otherwise. */
  readonly where?: ((message: ArchivedMessage) => boolean) | undefined;
}

/** A message under the names that are stored: what people and scripts are shown. */
export function asStored(message: ArchivedMessage): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => [
      name === 'publish_attempts' ? 'attempts' : name,
      value,
    ]),
  );
}

/** Batches that are read before the first of them is asked for. */
const BATCHES_AHEAD = 4;

/**
 * The messages that are stored in a DynamoDB table (infra/table.js), for people who look for them. The lists
 * are streams: memory does not grow with what they hold. They may lag behind the records by about a second
 * (an index).
 */
export class MessageArchive {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  /** The message with this id. */
  async find(messageId: string, options: CallOptions = {}): Promise<ArchivedMessage | undefined> {
    const command = new GetItemCommand({
      TableName: this.#table,
      Key: { message_id: { S: messageId } },
      ConsistentRead: true,
    });
    const { Item } = await send(this.#client, command, options.signal);
    return Item && archived(Item);
  }

  /** The messages with these ids that are stored, in no order. Each 100 ids are a call. */
  async findAll(
    messageIds: readonly string[],
    options: CallOptions = {},
  ): Promise<ArchivedMessage[]> {
    const ids = [...new Set(messageIds)];
    const found: ArchivedMessage[] = [];
    for (let first = 0; first < ids.length; first += MAX_BATCH) {
      const batch = ids.slice(first, first + MAX_BATCH);
      found.push(...(await batchGet(this.#client, this.#table, batch, options)).map(archived));
    }
    return found;
  }

  /** The messages that match, in order. */
  async *list(query: MessageQuery, options: CallOptions = {}): AsyncGenerator<ArchivedMessage> {
    const { limit = Number.POSITIVE_INFINITY } = query;
    if (limit < 1) return;
    const keys = readIndex(this.#client, this.#table, query, options);
    const wanted = query.whereKey ? filtered(keys, query.whereKey) : keys;
    const batches = inBatches(wanted, Math.min(MAX_BATCH, limit));
    let listed = 0;
    // What is wanted fits into one batch: anything read ahead would be read in vain.
    const ahead = limit <= MAX_BATCH ? 0 : BATCHES_AHEAD;
    for await (const messages of readAhead(batches, ahead, (batch) =>
      this.#inOrder(batch, options),
    )) {
      for (const message of messages) {
        if (!matches(message, query)) continue;
        yield message;
        if (++listed === limit) return;
      }
    }
  }

  /** What the index knows of them, which is cheaper than the messages. Not for `isPending`. */
  async *listKeys(
    query: Omit<ArchiveQuery, 'isPending'>,
    options: CallOptions = {},
  ): AsyncGenerator<Required<ArchiveKey>> {
    const { limit = Number.POSITIVE_INFINITY } = query;
    let listed = 0;
    for await (const key of readIndex(this.#client, this.#table, query, options)) {
      if (listed++ === limit) return;
      yield { from: '', sms_number: '', ...key };
    }
  }

  /** Without those that were deleted since the index was read. */
  async #inOrder(
    batch: readonly ArchiveKey[],
    options: CallOptions,
  ): Promise<readonly ArchivedMessage[]> {
    const ids = batch.map(({ message_id }) => message_id);
    const found = await this.findAll(ids, options);
    const byId = new Map(found.map((message) => [message.message_id, message]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }
}

function archived(item: Item): ArchivedMessage {
  const expiresAt = item.expires_at?.N;
  const deliveries = marksIn(item);
  return {
    ...fromItem(item),
    ...(expiresAt !== undefined && { expires_at: Number(expiresAt) }),
    ...(Object.keys(deliveries).length > 0 && { deliveries }),
  };
}

/** The index of pending messages holds no numbers, and a message may have been published since. */
function matches(message: ArchivedMessage, query: MessageQuery): boolean {
  if (query.isPending && message.published_at !== undefined) return false;
  return hasNumbers(message, query) && (query.where?.(message) ?? true);
}

async function* filtered<T>(source: AsyncIterable<T>, isWanted: (item: T) => boolean) {
  for await (const item of source) if (isWanted(item)) yield item;
}

/** Applies `read` to each, in order, with so many of them under way besides the next. */
async function* readAhead<T, R>(
  source: AsyncIterable<T>,
  ahead: number,
  read: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  for await (const item of source) {
    const reading = read(item);
    // Its failure is for whoever takes it; meanwhile nobody may be waiting for it.
    reading.catch(() => {});
    underWay.push(reading);
    if (underWay.length > ahead) yield underWay.shift() as Promise<R>;
  }
  yield* underWay;
}
