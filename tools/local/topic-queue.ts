import { setTimeout as delay } from 'node:timers/promises';
import { SNSClient, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { readEnvelope } from '../../lib/forwarding/read-forwarded.ts';
import { clientOf } from './aws.ts';

/** A message that a subscriber of the topic got. */
export interface TopicMessage {
  /** As it was published. */
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly subject?: string;
}

export interface TopicQueueOptions {
  /** The endpoint of SNS and SQS. */
  readonly endpoint: string;
  readonly topicArn: string;
  readonly queueName: string;
  readonly filterPolicy?: Readonly<Record<string, unknown>>;
  /** Raw message delivery: without SNS's envelope. */
  readonly raw?: boolean;
}

/** SQS's limit for waiting. */
const MAX_WAIT_SECONDS = 20;

/** A queue that is subscribed to a topic, as a subscriber's would be. */
export class TopicQueue {
  readonly queueUrl: string;
  readonly #subscriptionArn: string;
  readonly #clients: Clients;

  private constructor(queueUrl: string, subscriptionArn: string, clients: Clients) {
    this.queueUrl = queueUrl;
    this.#subscriptionArn = subscriptionArn;
    this.#clients = clients;
  }

  /** Creates the queue and subscribes it, or uses the existing one. */
  static async subscribe(options: TopicQueueOptions): Promise<TopicQueue> {
    const { endpoint, topicArn, queueName, filterPolicy, raw } = options;
    const clients = {
      sns: new SNSClient(clientOf(endpoint)),
      sqs: new SQSClient(clientOf(endpoint)),
    };
    const isFifo = topicArn.endsWith('.fifo');
    const { QueueUrl = '' } = await clients.sqs.send(
      new CreateQueueCommand({
        QueueName: isFifo ? `${queueName}.fifo` : queueName,
        ...(isFifo && { Attributes: { FifoQueue: 'true' } }),
      }),
    );
    const { Attributes } = await clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    const { SubscriptionArn = '' } = await clients.sns.send(
      new SubscribeCommand({
        TopicArn: topicArn,
        Protocol: 'sqs',
        Endpoint: Attributes?.QueueArn,
        ReturnSubscriptionArn: true,
        Attributes: {
          ...(raw && { RawMessageDelivery: 'true' }),
          ...(filterPolicy && { FilterPolicy: JSON.stringify(filterPolicy) }),
        },
      }),
    );
    return new TopicQueue(QueueUrl, SubscriptionArn, clients);
  }

  /** Receives up to 10 messages, and waits for the first. */
  async receive(options: { waitMs?: number; signal?: AbortSignal } = {}): Promise<TopicMessage[]> {
    const { waitMs = 0, signal } = options;
    const { Messages = [] } = await this.#clients.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: Math.min(Math.ceil(waitMs / 1000), MAX_WAIT_SECONDS),
        MessageAttributeNames: ['All'],
      }),
      { ...(signal && { abortSignal: signal }) },
    );
    for (const { ReceiptHandle } of Messages) {
      await this.#clients.sqs.send(
        new DeleteMessageCommand({ QueueUrl: this.queueUrl, ReceiptHandle }),
      );
    }
    return Messages.map(notificationOf);
  }

  /** Removes the subscription, then the queue, so that the topic never delivers to a missing queue. */
  async remove(): Promise<void> {
    const { sns, sqs } = this.#clients;
    try {
      await sns.send(new UnsubscribeCommand({ SubscriptionArn: this.#subscriptionArn }));
      await sqs.send(new DeleteQueueCommand({ QueueUrl: this.queueUrl }));
    } finally {
      this.close();
    }
  }

  /** Leaves the subscription and the queue in place. */
  close(): void {
    this.#clients.sns.destroy();
    this.#clients.sqs.destroy();
  }
}

interface Clients {
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
}

function notificationOf({ Body = '', MessageAttributes }: Message): TopicMessage {
  const envelope = readEnvelope(Body);
  if (!envelope) {
    return { message: Body, attributes: values(MessageAttributes, (a) => a.StringValue) };
  }
  return {
    message: envelope.Message,
    attributes: values(envelope.MessageAttributes, (a) => a.Value),
    ...(envelope.Subject !== undefined && { subject: envelope.Subject }),
  };
}

function values<A>(
  attributes: Readonly<Record<string, A>> | undefined,
  textOf: (attribute: A) => string | undefined,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes ?? {}).map(([name, attribute]) => [name, textOf(attribute) ?? '']),
  );
}

/** Pause after SNS failed to answer. */
const RETRY_MS = 200;

/** Reports every message of a topic, as a subscriber gets it. */
export async function watchTopic(
  options: { endpoint: string; topicArn: string; queueName: string },
  onNotification: (notification: TopicMessage) => void,
): Promise<AsyncDisposable> {
  const queue = await TopicQueue.subscribe(options);
  const stopping = new AbortController();
  const { signal } = stopping;

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      try {
        const notifications = await queue.receive({ waitMs: 20_000, signal });
        notifications.forEach(onNotification);
      } catch {
        // Either this is stopping, or SNS is down for a while.
        await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  const watching = watch();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await watching;
      queue.close();
    },
  };
}
