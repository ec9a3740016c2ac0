import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { callWithin } from '../../lib/aws/call-within.ts';
import { fromQuarantineItem, quarantineKeyOf } from '../../lib/aws/quarantine-item.ts';
import type { Acceptance, QuarantineEntry } from '../../lib/messages/quarantine.ts';
import type { AcceptanceStore, Written } from './accept-quarantined.ts';

const exists = 'attribute_exists(message_id)';
const isKept = `${exists} AND attribute_not_exists(discarded_at)`;
const isNotBegun = 'attribute_not_exists(accepted_as)';
const isThis =
  'accepted_as = :as AND accepted_fingerprint = :fingerprint AND accepted_set = :values';
const isNotThrough = 'attribute_not_exists(accepted_at)';

type Update = Pick<
  UpdateItemCommandInput,
  | 'UpdateExpression'
  | 'ConditionExpression'
  | 'ExpressionAttributeNames'
  | 'ExpressionAttributeValues'
>;

/** Reads single quarantine entries and stores decisions: see lib/aws/quarantine-item.ts. */
export class DynamoDBAcceptanceStore implements AcceptanceStore {
  readonly #client: Pick<DynamoDBClient, 'send'>;
  readonly #table: string;

  constructor(client: Pick<DynamoDBClient, 'send'>, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  /** The entry's current state. */
  async find(id: string, deadline?: AbortSignal): Promise<QuarantineEntry | undefined> {
    const command = new GetItemCommand({
      TableName: this.#table,
      Key: { message_id: { S: quarantineKeyOf(id) } },
      ConsistentRead: true,
    });
    const { Item } = await callWithin(deadline, () => this.#client.send(command));
    return Item && fromQuarantineItem(Item);
  }

  begin(id: string, acceptance: Acceptance, deadline?: AbortSignal): Promise<Written> {
    return this.#update(id, deadline, {
      UpdateExpression:
        'SET accepted_as = :as, accepted_fingerprint = :fingerprint, accepted_set = :values',
      ConditionExpression: `${isKept} AND (${isNotBegun} OR (${isThis}))`,
      ExpressionAttributeValues: valuesOf(acceptance),
    });
  }

  finish(id: string, acceptance: Acceptance, at: number, deadline?: AbortSignal): Promise<Written> {
    return this.#update(id, deadline, {
      UpdateExpression: 'SET accepted_at = if_not_exists(accepted_at, :at)',
      ConditionExpression: `${exists} AND ${isThis}`,
      ExpressionAttributeValues: { ...valuesOf(acceptance), ':at': { N: String(at) } },
    });
  }

  withdraw(id: string, acceptance: Acceptance, deadline?: AbortSignal): Promise<Written> {
    return this.#update(id, deadline, {
      UpdateExpression: 'REMOVE accepted_as, accepted_fingerprint, accepted_set',
      ConditionExpression: `${exists} AND ${isThis} AND ${isNotThrough}`,
      ExpressionAttributeValues: valuesOf(acceptance),
    });
  }

  /**
   * Removes the sent content from an entry for good. The rest stays, so that later attempts of the PBX do
   * not bring it back. Refused once the entry is being accepted.
   *
   * @param at Epoch ms.
   */
  discard(id: string, at: number, deadline?: AbortSignal): Promise<Written> {
    return this.#update(id, deadline, {
      UpdateExpression:
        'SET discarded_at = if_not_exists(discarded_at, :at) REMOVE form, #from, sms_number, content_type',
      ConditionExpression: `${exists} AND ${isNotBegun}`,
      // A reserved word.
      ExpressionAttributeNames: { '#from': 'from' },
      ExpressionAttributeValues: { ':at': { N: String(at) } },
    });
  }

  async #update(id: string, deadline: AbortSignal | undefined, update: Update): Promise<Written> {
    const command = new UpdateItemCommand({
      ...update,
      TableName: this.#table,
      Key: { message_id: { S: quarantineKeyOf(id) } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      await callWithin(deadline, () => this.#client.send(command));
      return { isDone: true };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // An emulator does not return the item in place when the condition fails.
      const entry = error.Item ? fromQuarantineItem(error.Item) : await this.find(id, deadline);
      return { isDone: false, entry };
    }
  }
}

function valuesOf({ message_id, fingerprint, set }: Acceptance) {
  return {
    ':as': { S: message_id },
    ':fingerprint': { S: fingerprint },
    ':values': { S: JSON.stringify(set) },
  };
}
