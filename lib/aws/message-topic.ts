import {
  PublishBatchCommand,
  type PublishBatchRequestEntry,
  type PublishBatchResponse,
  PublishCommand,
  type SNSClient,
} from '@aws-sdk/client-sns';
import {
  MAX_NOTIFICATION_BYTES,
  type Notification,
  notificationBytes,
} from '../messages/notification.ts';
import type { BatchEntryResult, MessageTopic, NotPublished } from '../messages/ports.ts';
import { callWithin } from './call-within.ts';
import { faultOfCode, faultOfError } from './publish-faults.ts';

/** SNS's limit for one PublishBatch. */
const MAX_BATCH_ENTRIES = 10;

/** Publishes to an SNS topic: see infra/topic.js. */
export class SNSMessageTopic implements MessageTopic {
  readonly keepsOrder: boolean;
  readonly #client: SNSClient;
  readonly #topicArn: string;

  constructor(client: SNSClient, topicArn: string) {
    this.#client = client;
    this.#topicArn = topicArn;
    // SNS's rule: only the name of a FIFO topic ends in `.fifo`.
    this.keepsOrder = topicArn.endsWith('.fifo');
  }

  async publish(notification: Notification, deadline?: AbortSignal): Promise<string> {
    const command = new PublishCommand({
      TopicArn: this.#topicArn,
      ...this.#entryOf(notification),
    });
    const { MessageId } = await callWithin(deadline, () => this.#client.send(command));
    if (!MessageId) throw new Error('SNS answered without a message id');
    return MessageId;
  }

  publishBatch(
    notifications: readonly Notification[],
    deadline?: AbortSignal,
  ): readonly Promise<BatchEntryResult>[] {
    return batchesOf(notifications).flatMap((batch) => this.#publishTogether(batch, deadline));
  }

  #publishTogether(
    batch: readonly Notification[],
    deadline: AbortSignal | undefined,
  ): readonly Promise<BatchEntryResult>[] {
    const call = this.#sendBatch(batch, deadline);
    return batch.map(async (notification, index) => {
      const answer = await call;
      if (!('error' in answer)) return resultOf(String(index), answer);
      // One entry may be the reason why SNS refused the call. Publish each alone to find it.
      if (answer.fault === 'topic' || batch.length === 1) return answer;
      const [alone] = this.#publishTogether([notification], deadline);
      return alone ?? NO_RESULT;
    });
  }

  async #sendBatch(
    batch: readonly Notification[],
    deadline: AbortSignal | undefined,
  ): Promise<PublishBatchResponse | NotPublished> {
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
      return await callWithin(deadline, () => this.#client.send(command));
    } catch (error) {
      return { error: nameOf(error), fault: faultOfError(error) };
    }
  }

  #entryOf(notification: Notification) {
    const entry = entryOf(notification);
    if (!this.keepsOrder) return entry;
    const { conversation, message_id, deduplication_id = message_id } = notification;
    // Any message_id is valid: SNS takes 128 visible ASCII characters.
    return { ...entry, MessageGroupId: conversation, MessageDeduplicationId: deduplication_id };
  }
}

/** SNS's answer has no result for this entry. */
const NO_RESULT: NotPublished = { error: 'NoResult', fault: 'unknown' };

function resultOf(id: string, answer: PublishBatchResponse): BatchEntryResult {
  const sns_message_id = answer.Successful?.find((entry) => entry.Id === id)?.MessageId;
  if (sns_message_id) return { sns_message_id };
  const code = answer.Failed?.find((entry) => entry.Id === id)?.Code;
  return code ? { error: code, fault: faultOfCode(code) } : NO_RESULT;
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

/** Splits notifications into as few batches as SNS's two limits allow, in order. */
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
