import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import {
  type Attempt,
  type QuarantineStore,
  type RefusedRequest,
  UNITS_A_DAY,
} from '../messages/quarantine.ts';
import { callWithin } from './call-within.ts';
import { present, string } from './message-item.ts';
import { toQuarantineItem } from './quarantine-item.ts';

/** Each attempt overwrites these attributes. The others are from the first attempt. */
const OF_LAST_ATTEMPT = ['last_received_at', 'last_request', 'reason', 'faults', 'expires_at'];

const isNotDiscarded = 'attribute_not_exists(discarded_at)';
const isOurs = '(attribute_exists(#last_request) AND #last_request = :last_request)';

const TWO_DAYS_S = 2 * 86_400;

/** Stores refused requests in the messages table: see infra/table.js. */
export class DynamoDBQuarantineStore implements QuarantineStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async keep(
    request: RefusedRequest,
    { request_id, at, expires_at }: Attempt,
    deadline?: AbortSignal,
  ): Promise<number> {
    const { message_id, requests, ...item } = toQuarantineItem({
      ...request,
      received_at: at,
      last_received_at: at,
      requests: 1,
      last_request: request_id,
      expires_at,
    });
    const attributes = Object.entries(item);
    const sets = attributes.map(([name]) =>
      OF_LAST_ATTEMPT.includes(name)
        ? `#${name} = :${name}`
        : `#${name} = if_not_exists(#${name}, :${name})`,
    );
    const used = await this.#update(
      {
        Key: present({ message_id }),
        UpdateExpression: `SET #requests = if_not_exists(#requests, :zero) + :one, ${sets} ${request.faults ? '' : 'REMOVE faults'}`,
        // `isOurs` finds an update that the SDK sent twice, because its answer was lost.
        ConditionExpression: `${isNotDiscarded} AND NOT ${isOurs}`,
        ExpressionAttributeNames: {
          '#requests': 'requests',
          ...Object.fromEntries(attributes.map(([name]) => [`#${name}`, name])),
        },
        ExpressionAttributeValues: present({
          ':zero': { N: '0' },
          ':one': requests,
          ...Object.fromEntries(attributes.map(([name, value]) => [`:${name}`, value])),
        }),
      },
      deadline,
    );
    return used ?? 0;
  }

  async takeAllowance(day: string, units: number, deadline?: AbortSignal): Promise<boolean> {
    const used = await this.#update(
      {
        Key: present({ message_id: string(`quarantine allowance ${day}`) }),
        UpdateExpression: 'SET expires_at = :expires_at ADD #units :units',
        ConditionExpression: 'attribute_not_exists(#units) OR #units <= :before',
        ExpressionAttributeNames: { '#units': 'units' },
        ExpressionAttributeValues: {
          ':units': { N: String(units) },
          ':before': { N: String(UNITS_A_DAY - units) },
          ':expires_at': { N: String(Date.parse(day) / 1000 + TWO_DAYS_S) },
        },
      },
      deadline,
    );
    return used !== undefined;
  }

  /** The write units of the update; undefined if its condition did not hold. */
  async #update(
    update: Omit<UpdateItemCommandInput, 'TableName'>,
    deadline: AbortSignal | undefined,
  ): Promise<number | undefined> {
    const command = new UpdateItemCommand({
      ...update,
      TableName: this.#table,
      ReturnConsumedCapacity: 'TOTAL',
    });
    try {
      const { ConsumedCapacity } = await callWithin(deadline, () => this.#client.send(command));
      return ConsumedCapacity?.CapacityUnits ?? 0;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }
}
