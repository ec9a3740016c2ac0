import { setTimeout as delay } from 'node:timers/promises';
import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lib/aws/message-item.ts';
import { type CallOptions, send } from './abortable.ts';

/** DynamoDB's limit for one BatchGetItem. */
export const MAX_BATCH = 100;

/** Retries after calls that read nothing. Each pause is twice as long: 3 s in all. */
const RETRIES = 6;
const FIRST_RETRY_MS = 50;

/**
 * The existing items with these keys, in any order.
 *
 * @param ids Values of the key `message_id`, without duplicates, {@link MAX_BATCH} at most.
 * @throws {Error} `ThrottlingException` if DynamoDB keeps leaving some of them unread.
 */
export async function batchGet(
  client: DynamoDBClient,
  table: string,
  ids: readonly string[],
  options: CallOptions,
): Promise<Item[]> {
  const found: Item[] = [];
  let keys: Item[] = ids.map((id) => ({ message_id: { S: id } }));
  let vain = 0;
  while (keys.length > 0) {
    const command = new BatchGetItemCommand({ RequestItems: { [table]: { Keys: keys } } });
    const { Responses, UnprocessedKeys } = await send(client, command, options.signal);
    found.push(...(Responses?.[table] ?? []));
    const left = UnprocessedKeys?.[table]?.Keys ?? [];
    vain = left.length < keys.length ? 0 : vain + 1;
    keys = left;
    if (vain === 0) continue;
    if (vain > RETRIES) throw new ThrottledError(`DynamoDB left ${keys.length} keys unread`);
    await delay(FIRST_RETRY_MS * 2 ** (vain - 1), undefined, options);
  }
  return found;
}

/** DynamoDB kept refusing a part of the keys. */
class ThrottledError extends Error {
  override readonly name = 'ThrottlingException';
}
