import {
  type MessageAttributeValue,
  SendMessageBatchCommand,
  type SendMessageBatchResult,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { batchesOf } from '../../lib/aws/message-topic.ts';
import type { Notification } from '../../lib/messages/notification.ts';
import type { BatchEntryResult, MessageTopic, NotPublished } from '../../lib/messages/ports.ts';
import { send } from './abortable.ts';

/**
 * Sends to one subscriber's queue what the topic would deliver: raw, so the message is the body, and its
 * attributes are the queue message's.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
 */
export class SubscriberQueue implements MessageTopic {
  readonly keepsOrder: boolean;
  readonly #client: SQSClient;
  readonly #queueUrl: string;

  constructor(client: SQSClient, queueUrl: string) {
    this.#client = client;
    this.#queueUrl = queueUrl;
    this.keepsOrder = queueUrl.endsWith('.fifo');
  }

  async publish(notification: Notification, deadline?: AbortSignal): Promise<string> {
    const command = new SendMessageCommand({
      QueueUrl: this.#queueUrl,
      ...this.#entryOf(notification),
    });
    const { MessageId } = await send(this.#client, command, deadline);
    if (!MessageId) throw new Error('SQS answered without a message id');
    return MessageId;
  }

  publishBatch(
    notifications: readonly Notification[],
    deadline?: AbortSignal,
  ): readonly Promise<BatchEntryResult>[] {
    return batchesOf(notifications).flatMap((batch) => {
      const call = this.#sendBatch(batch, deadline);
      return batch.map(async (_, index) => {
        const answer = await call;
        return 'error' in answer ? answer : resultOf(String(index), answer);
      });
    });
  }

  async #sendBatch(
    batch: readonly Notification[],
    deadline: AbortSignal | undefined,
  ): Promise<SendMessageBatchResult | NotPublished> {
    const command = new SendMessageBatchCommand({
      QueueUrl: this.#queueUrl,
      Entries: batch.map((notification, index) => ({
        Id: String(index),
        ...this.#entryOf(notification),
      })),
    });
    try {
      return await send(this.#client, command, deadline);
    } catch (error) {
      // One entry's fault is in the answer. A whole call fails for something that affects all entries.
      return { error: error instanceof Error ? error.name : 'UnknownError', fault: 'topic' };
    }
  }

  #entryOf(notification: Notification) {
    const { message, attributes } = notification;
    const entry = {
      MessageBody: message,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]): [string, MessageAttributeValue] => [
          name,
          { DataType: 'String', StringValue },
        ]),
      ),
    };
    if (!this.keepsOrder) return entry;
    const { conversation, message_id, deduplication_id = message_id } = notification;
    return { ...entry, MessageGroupId: conversation, MessageDeduplicationId: deduplication_id };
  }
}

/**
 * SQS says whose fault it is:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_BatchResultErrorEntry.html
 */
function resultOf(id: string, answer: SendMessageBatchResult): BatchEntryResult {
  const sns_message_id = answer.Successful?.find((entry) => entry.Id === id)?.MessageId;
  if (sns_message_id) return { sns_message_id };
  const { Code: error = 'NoResult', SenderFault } =
    answer.Failed?.find((entry) => entry.Id === id) ?? {};
  if (SenderFault === undefined) return { error, fault: 'unknown' };
  return { error, fault: SenderFault ? 'entry' : 'topic' };
}
