import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Claim, MessageRecord, PendingKey } from '../messages/message-record.ts';
import type {
  MessageStore,
  PendingClaim,
  PendingPage,
  PendingQuery,
  Publication,
} from '../messages/ports.ts';
import { callWithin } from './call-within.ts';
import { fromItem, type Item, toItem } from './message-item.ts';

export const PENDING_INDEX = 'pending-index';

/** Keys of a page. A sweep holds one page of each shard. */
const PAGE_SIZE = 500;

const isPending = 'attribute_exists(pending_shard)';
const isUnclaimed = 'attribute_not_exists(claim_owner)';
const isOwner = 'claim_owner = :owner';
const claimIt = 'SET claim_owner = :owner, claim_until = :until';
const countPublishAttempt = 'attempts = if_not_exists(attempts, :zero) + :one';
/**
 * Older records have only attempts, which then count as requests. Each action sees the item as it was
 * before the update:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 */
const keepRequests = 'requests = if_not_exists(requests, attempts)';

type ConditionalUpdate = Required<
  Pick<
    UpdateItemCommandInput,
    'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeValues'
  >
> &
  Pick<UpdateItemCommandInput, 'ReturnValues'>;

/** Whether the condition held. `item` is the new item if it was asked for, or the item in place. */
interface Updated {
  readonly applied: boolean;
  readonly item: Item | undefined;
}

/**
 * Whether an item that did not meet the condition carries this very claim. Then the SDK has sent the update
 * twice, because the first answer was lost.
 */
function isClaimedBy({ owner }: Claim, item: Item): boolean {
  return item.claim_owner?.S === owner;
}

/** Stores messages in a DynamoDB table: see infra/table.js. */
export class DynamoDBMessageStore implements MessageStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async putNew(record: MessageRecord, deadline?: AbortSignal): Promise<MessageRecord | 'stored'> {
    const command = new PutItemCommand({
      TableName: this.#table,
      Item: toItem(record),
      ConditionExpression: 'attribute_not_exists(message_id)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      await callWithin(deadline, () => this.#client.send(command));
      return 'stored';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const item = error.Item ?? (await this.#read(record.message_id, deadline));
      if (!item) throw error;
      return fromItem(item);
    }
  }

  async takeOver(
    { message_id, claim: seen }: Pick<MessageRecord, 'message_id' | 'claim'>,
    claim: Claim,
    deadline?: AbortSignal,
  ): Promise<MessageRecord | undefined> {
    const claimIsAsSeen = seen
      ? 'claim_owner = :seenOwner AND claim_until = :seenUntil'
      : isUnclaimed;
    const { applied, item } = await this.#claim(message_id, claim, deadline, {
      UpdateExpression: `${claimIt}, ${keepRequests} + :one, ${countPublishAttempt}`,
      ConditionExpression: `${isPending} AND ${claimIsAsSeen}`,
      ExpressionAttributeValues: seen
        ? { ':seenOwner': { S: seen.owner }, ':seenUntil': { N: String(seen.until) } }
        : {},
    });
    return item && (applied || isClaimedBy(claim, item)) ? fromItem(item) : undefined;
  }

  async claimPending(
    messageId: string,
    claim: Claim,
    now: number,
    deadline?: AbortSignal,
  ): Promise<PendingClaim> {
    const claimHasExpired = 'claim_until <= :now';
    const { applied, item } = await this.#claim(messageId, claim, deadline, {
      UpdateExpression: `${claimIt}, ${keepRequests}, ${countPublishAttempt}`,
      ConditionExpression: `${isPending} AND (${isUnclaimed} OR ${claimHasExpired})`,
      ExpressionAttributeValues: { ':now': { N: String(now) } },
    });
    if (!item?.claim_owner) return { status: 'not-pending' };
    const isOurs = applied || isClaimedBy(claim, item);
    return { status: isOurs ? 'claimed' : 'held', record: fromItem(item) };
  }

  async markPublished(
    messageId: string,
    owner: string,
    { published_at, sns_message_id, expires_at }: Publication,
    deadline?: AbortSignal,
  ): Promise<boolean> {
    const { applied, item } = await this.#update(messageId, deadline, {
      UpdateExpression:
        'SET published_at = :publishedAt, sns_message_id = :snsMessageId, expires_at = :expiresAt ' +
        'REMOVE pending_shard, claim_owner, claim_until',
      ConditionExpression: isOwner,
      ExpressionAttributeValues: {
        ':owner': { S: owner },
        ':publishedAt': { N: String(published_at) },
        ':snsMessageId': { S: sns_message_id },
        ':expiresAt': { N: String(expires_at) },
      },
    });
    return applied || item?.sns_message_id?.S === sns_message_id;
  }

  async release(messageId: string, owner: string, deadline?: AbortSignal): Promise<boolean> {
    const { applied } = await this.#update(messageId, deadline, {
      UpdateExpression: 'REMOVE claim_owner, claim_until',
      ConditionExpression: isOwner,
      ExpressionAttributeValues: { ':owner': { S: owner } },
    });
    return applied;
  }

  async findPending(
    shard: string,
    query: PendingQuery,
    deadline?: AbortSignal,
  ): Promise<PendingPage> {
    const { after } = query;
    const command = new QueryCommand({
      ...this.#pending(shard, query.receivedBefore),
      Limit: PAGE_SIZE,
      ...(after && { ExclusiveStartKey: { ...keyItem(after), pending_shard: { S: shard } } }),
    });
    const { Items = [], LastEvaluatedKey } = await callWithin(deadline, () =>
      this.#client.send(command),
    );
    return {
      keys: Items.map(itemKey),
      ...(LastEvaluatedKey && { next: itemKey(LastEvaluatedKey) }),
    };
  }

  async countPending(
    shard: string,
    { receivedBefore }: Pick<PendingQuery, 'receivedBefore'>,
    deadline?: AbortSignal,
  ): Promise<number> {
    let count = 0;
    let after: Item | undefined;
    do {
      const command = new QueryCommand({
        ...this.#pending(shard, receivedBefore),
        Select: 'COUNT',
        ...(after && { ExclusiveStartKey: after }),
      });
      const page = await callWithin(deadline, () => this.#client.send(command));
      count += page.Count ?? 0;
      after = page.LastEvaluatedKey;
    } while (after);
    return count;
  }

  #claim(
    messageId: string,
    { owner, until }: Claim,
    deadline: AbortSignal | undefined,
    update: ConditionalUpdate,
  ): Promise<Updated> {
    return this.#update(messageId, deadline, {
      ...update,
      ExpressionAttributeValues: {
        ...update.ExpressionAttributeValues,
        ':owner': { S: owner },
        ':until': { N: String(until) },
        ':zero': { N: '0' },
        ':one': { N: '1' },
      },
      ReturnValues: 'ALL_NEW',
    });
  }

  async #update(
    messageId: string,
    deadline: AbortSignal | undefined,
    update: ConditionalUpdate,
  ): Promise<Updated> {
    const command = new UpdateItemCommand({
      ...update,
      TableName: this.#table,
      Key: { message_id: { S: messageId } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      const { Attributes } = await callWithin(deadline, () => this.#client.send(command));
      return { applied: true, item: Attributes };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { applied: false, item: error.Item };
    }
  }

  /** For an emulator that does not return the item in place when the condition fails. */
  async #read(messageId: string, deadline: AbortSignal | undefined): Promise<Item | undefined> {
    const command = new GetItemCommand({
      TableName: this.#table,
      Key: { message_id: { S: messageId } },
      ConsistentRead: true,
    });
    return (await callWithin(deadline, () => this.#client.send(command))).Item;
  }

  #pending(shard: string, receivedBefore: number): QueryCommandInput {
    return {
      TableName: this.#table,
      IndexName: PENDING_INDEX,
      KeyConditionExpression: 'pending_shard = :shard AND received_at < :before',
      ExpressionAttributeValues: {
        ':shard': { S: shard },
        ':before': { N: String(receivedBefore) },
      },
    };
  }
}

function keyItem({ message_id, received_at }: PendingKey): Item {
  return { message_id: { S: message_id }, received_at: { N: String(received_at) } };
}

function itemKey(item: Item): PendingKey {
  return { message_id: item.message_id?.S ?? '', received_at: Number(item.received_at?.N) };
}
