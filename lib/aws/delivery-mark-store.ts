import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { DeliveryMark } from '../forwarding/delivery-mark.ts';
import type { DeliveryMarkStore } from '../forwarding/forwarding-ports.ts';
import { callWithin } from './call-within.ts';
import { markAttribute, marksIn, toMarkValue } from './delivery-marks.ts';

/** Stores marks in the records of the messages table: see infra/table.js. */
export class DynamoDBDeliveryMarkStore implements DeliveryMarkStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async read(
    messageId: string,
    subscriber: string,
    deadline?: AbortSignal,
  ): Promise<DeliveryMark | undefined> {
    const command = new GetItemCommand({
      TableName: this.#table,
      Key: { message_id: { S: messageId } },
      // The message may have been delivered and marked a moment ago.
      ConsistentRead: true,
      ProjectionExpression: '#mark',
      ExpressionAttributeNames: { '#mark': markAttribute(subscriber) },
    });
    const { Item } = await callWithin(deadline, () => this.#client.send(command));
    return Item && marksIn(Item)[subscriber];
  }

  async write(
    messageId: string,
    subscriber: string,
    mark: DeliveryMark,
    deadline?: AbortSignal,
  ): Promise<boolean> {
    const exists = 'attribute_exists(message_id)';
    const isNotDelivered = 'attribute_not_exists(#mark.delivered_at)';
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key: { message_id: { S: messageId } },
      UpdateExpression: 'SET #mark = :mark',
      ConditionExpression:
        mark.delivered_at === undefined ? `${exists} AND ${isNotDelivered}` : exists,
      ExpressionAttributeNames: { '#mark': markAttribute(subscriber) },
      ExpressionAttributeValues: { ':mark': toMarkValue(mark) },
    });
    try {
      await callWithin(deadline, () => this.#client.send(command));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}
