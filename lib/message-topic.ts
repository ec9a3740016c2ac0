import {
  PublishBatchCommand,
  type PublishBatchRequestEntry,
  PublishCommand,
  type SNSClient,
} from '@aws-sdk/client-sns';
import { callWithin } from './call-within.ts';
import { MAX_NOTIFICATION_BYTES, type Notification, notificationBytes } from './notification.ts';
import type { BatchEntryResult, CallOptions, MessageTopic } from './ports.ts';

/** SNS's own limit on one PublishBatch. */
const MAX_BATCH_ENTRIES = 10;

/** Publishes to an SNS topic: see infra/topic.yml. */
export class SNSMessageTopic implements MessageTopic {
  readonly keepsOrder: boolean;
  readonly #client: SNSClient;
  readonly #topicArn: string;

  constructor(client: SNSClient, topicArn: string) {
    this.#client = client;
    this.#topicArn = topicArn;
    // SNS's own rule: the name of a FIFO topic ends so, and no other's does.
    this.keepsOrder = topicArn.endsWith('.fifo');
  }

  async publish(notification: Notification, options: CallOptions = {}): Promise<string> {
    const command = new PublishCommand({
      TopicArn: this.#topicArn,
      ...this.#entryOf(notification),
    });
    const { MessageId } = await callWithin(options.signal, () => this.#client.send(command));
    if (!MessageId) throw new Error('SNS answered without a message id');
    return MessageId;
  }

  async publishBatch(
    notifications: readonly Notification[],
    options: CallOptions = {},
  ): Promise<readonly BatchEntryResult[]> {
    const results: BatchEntryResult[] = [];
    for (const batch of batchesOf(notifications)) {
      results.push(...(await this.#publishOneBatch(batch, options)));
    }
    return results;
  }

  async #publishOneBatch(
    batch: readonly Notification[],
    options: CallOptions,
  ): Promise<BatchEntryResult[]> {
    const command = new PublishBatchCommand({
      TopicArn: this.#topicArn,
      PublishBatchRequestEntries: batch.map(
        (notification, index): PublishBatchRequestEntry => ({
          Id: String(index),
          ...this.#entryOf(notification),
        }),
      ),
    });
    try {
      const { Successful = [], Failed = [] } = await callWithin(options.signal, () =>
        this.#client.send(command),
      );
      return batch.map((_, index) => {
        const id = String(index);
        const sns_message_id = Successful.find((entry) => entry.Id === id)?.MessageId;
        if (sns_message_id) return { sns_message_id };
        const failure = Failed.find((entry) => entry.Id === id);
        return { error: failure?.Code ?? 'NoResult', refused: failure?.SenderFault === true };
      });
    } catch (error) {
      // One bad entry can have the whole call refused: find out which, and publish the others.
      if (!isRefusal(error)) return batch.map(() => ({ error: nameOf(error), refused: false }));
      if (batch.length === 1) return [{ error: nameOf(error), refused: true }];
      return Promise.all(
        batch.map(async (notification) => {
          const [result] = await this.#publishOneBatch([notification], options);
          return result ?? { error: 'NoResult', refused: false };
        }),
      );
    }
  }

  #entryOf(notification: Notification) {
    const entry = entryOf(notification);
    if (!this.keepsOrder) return entry;
    const { conversation, message_id, deduplication_id = message_id } = notification;
    // Any message_id will do: SNS takes 128 characters, each that is visible ASCII.
    return { ...entry, MessageGroupId: conversation, MessageDeduplicationId: deduplication_id };
  }
}

/** SNS refuses the content, as opposed to being down, throttling, or not letting us in. */
function isRefusal(error: unknown): boolean {
  return /^(InvalidParameter|BatchRequestTooLong|ValidationError)/.test(nameOf(error));
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'UnknownError';
}

function entryOf({ message, subject, attributes }: Notification) {
  return {
    Message: message,
    Subject: subject,
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, StringValue]) => [
        name,
        { DataType: 'String', StringValue },
      ]),
    ),
  };
}

/** As few batches as SNS's two limits allow, in order. */
export function batchesOf(notifications: readonly Notification[]): Notification[][] {
  const batches: Notification[][] = [];
  let room = 0;
  for (const notification of notifications) {
    const bytes = notificationBytes(notification);
    const batch = batches.at(-1);
    if (!batch || batch.length === MAX_BATCH_ENTRIES || bytes > room) {
      batches.push([notification]);
      room = MAX_NOTIFICATION_BYTES - bytes;
    } else {
      batch.push(notification);
      room -= bytes;
    }
  }
  return batches;
}
