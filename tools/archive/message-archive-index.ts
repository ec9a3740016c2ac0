import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lib/aws/message-item.ts';
import { PENDING_INDEX } from '../../lib/aws/message-store.ts';
import { ALL_SHARDS } from '../../lib/messages/message-record.ts';
import { hasNumbers } from '../shared/number-filter.ts';
import { type CallOptions, send } from './abortable.ts';
import {
  type ArchiveKey,
  type ArchiveQuery,
  comparePositions,
  type Position,
} from './archive-query.ts';

export const TIMELINE_INDEX = 'timeline-index';

/**
 * Entries per query. Each shard begins with its share of the limit and reads on in larger pages. So the
 * newest few cost little, and reading all needs few calls. One page of every shard is in memory.
 */
const PAGE = { min: 8, max: 500, growth: 4 };

const LATEST = Number.MAX_SAFE_INTEGER;

/**
 * The keys of messages in the order of time, merged from the shards of an index, each of which is sorted.
 * Messages of the same millisecond are sorted by id, so that a position stays the same from one reading to
 * the next.
 *
 * @param among The shards to read. Default: the messages' shards.
 */
export async function* readIndex(
  client: DynamoDBClient,
  table: string,
  query: ArchiveQuery,
  options: CallOptions,
  among: readonly string[] = ALL_SHARDS,
): AsyncGenerator<ArchiveKey> {
  const direction = query.order === 'oldest-first' ? 1 : -1;
  const compare = (a: Position, b: Position) => comparePositions(a, b) * direction;
  // Twice the average share, because shards differ.
  const share = Math.ceil((2 * (query.limit ?? LATEST)) / among.length);
  const pageSize = Math.min(PAGE.max, Math.max(PAGE.min, share));
  const isAfter = (key: ArchiveKey) => !query.after || compare(key, query.after) > 0;
  const shards = await Promise.all(
    among.map(async (shard) => {
      const reader = readShard(client, table, shard, pageSize, query, options);
      return { reader, head: await reader.next() };
    }),
  );
  for (;;) {
    const times = shards.flatMap(({ head }) =>
      head.done ? [] : [head.value.received_at * direction],
    );
    if (times.length === 0) return;
    const time = Math.min(...times) * direction;
    const simultaneous: ArchiveKey[] = [];
    for (const shard of shards) {
      while (!shard.head.done && shard.head.value.received_at === time) {
        simultaneous.push(shard.head.value);
        shard.head = await shard.reader.next();
      }
    }
    yield* simultaneous.toSorted(compare).filter(isAfter);
  }
}

async function* readShard(
  client: DynamoDBClient,
  table: string,
  shard: string,
  firstPageSize: number,
  query: ArchiveQuery,
  options: CallOptions,
): AsyncGenerator<ArchiveKey> {
  const { isPending = false, order = 'newest-first', after } = query;
  let { since = 0, until = LATEST } = query;
  if (after && order === 'newest-first') until = Math.min(until, after.received_at + 1);
  if (after && order === 'oldest-first') since = Math.max(since, after.received_at);
  // DynamoDB refuses a BETWEEN whose end is before its beginning.
  if (since >= until) return;

  let pageSize = firstPageSize;
  let next: Item | undefined;
  do {
    const command = new QueryCommand({
      TableName: table,
      IndexName: isPending ? PENDING_INDEX : TIMELINE_INDEX,
      KeyConditionExpression: '#shard = :shard AND received_at BETWEEN :since AND :last',
      ExpressionAttributeNames: { '#shard': isPending ? 'pending_shard' : 'timeline_shard' },
      ExpressionAttributeValues: {
        ':shard': { S: shard },
        ':since': { N: String(since) },
        ':last': { N: String(until - 1) },
      },
      ScanIndexForward: order === 'oldest-first',
      Limit: pageSize,
      ExclusiveStartKey: next,
    });
    const page = await send(client, command, options.signal);
    for (const item of page.Items ?? []) {
      const key = keyOf(item);
      // The index of pending messages has no numbers. In the other index, a filter of DynamoDB would cost
      // as much, and would compare texts, not numbers.
      if (isPending || hasNumbers({ from: '', sms_number: '', ...key }, query)) yield key;
    }
    next = page.LastEvaluatedKey;
    pageSize = Math.min(PAGE.max, pageSize * PAGE.growth);
  } while (next);
}

function keyOf(item: Item): ArchiveKey {
  return {
    message_id: item.message_id?.S ?? '',
    received_at: Number(item.received_at?.N),
    ...(item.from?.S !== undefined && { from: item.from.S }),
    ...(item.sms_number?.S !== undefined && { sms_number: item.sms_number.S }),
  };
}
