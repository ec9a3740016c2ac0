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

/** A stored message, with its expiry and its delivery marks. */
export interface ArchivedMessage extends MessageRecord {
  /** Epoch seconds; absent while the message is pending. */
  readonly expires_at?: number;
  /** By subscriber, for forwarded messages. Absent if nothing is marked. */
  readonly deliveries?: DeliveryMarks;
}

/** Selects messages by their records. */
export interface MessageQuery extends ArchiveQuery {
  /** Keeps only keys for which it is true. It runs before a record is read, so the others are not read. */
  readonly whereKey?: ((key: ArchiveKey) => boolean) | undefined;
  /** Keeps only messages for which it is true. It runs for every message that matches otherwise. */
  readonly where?: ((message: ArchivedMessage) => boolean) | undefined;
}

/** A message with the stored names, as people and scripts see it. */
export function asStored(message: ArchivedMessage): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => [
      name === 'publish_attempts' ? 'attempts' : name,
      value,
    ]),
  );
}

/** Batches that are read ahead. */
const BATCHES_AHEAD = 4;

/**
 * Reads the messages stored in a DynamoDB table (infra/table.js), for people who look for them. The lists
 * are streams, so memory does not grow with them. They read an index, which may lag behind the records by
 * about a second.
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

  /** The stored messages with these ids, in any order. One call for each 100 ids. */
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

  /** The matching messages, in order. */
  async *list(query: MessageQuery, options: CallOptions = {}): AsyncGenerator<ArchivedMessage> {
    const { limit = Number.POSITIVE_INFINITY } = query;
    if (limit < 1) return;
    const keys = readIndex(this.#client, this.#table, query, options);
    const wanted = query.whereKey ? filtered(keys, query.whereKey) : keys;
    const batches = inBatches(wanted, Math.min(MAX_BATCH, limit));
    let listed = 0;
    // The wanted messages fit into one batch, so reading ahead would be wasted.
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

  /** The index's attributes, which cost less than the messages. Not for `isPending`. */
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

  /** Leaves out messages that were deleted since the index was read. */
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

/** The index of pending messages has no numbers, and a message may have been published since. */
function matches(message: ArchivedMessage, query: MessageQuery): boolean {
  if (query.isPending && message.published_at !== undefined) return false;
  return hasNumbers(message, query) && (query.where?.(message) ?? true);
}

async function* filtered<T>(source: AsyncIterable<T>, isWanted: (item: T) => boolean) {
  for await (const item of source) if (isWanted(item)) yield item;
}

/** Applies `read` to each item, in order, with this many calls ahead of the consumer. */
async function* readAhead<T, R>(
  source: AsyncIterable<T>,
  ahead: number,
  read: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  for await (const item of source) {
    const reading = read(item);
    // The consumer gets the error when it takes this result. Until then, the rejection would count as
    // unhandled.
    reading.catch(() => {});
    underWay.push(reading);
    if (underWay.length > ahead) yield underWay.shift() as Promise<R>;
  }
  yield* underWay;
}
