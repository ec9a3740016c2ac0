import { randomBytes } from 'node:crypto';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { abortable } from '../archive/abortable.ts';

/** What the queues of `tail` are called, so that the next run knows them. */
export const tailQueuePrefix = (stackName: string): string => `${stackName.slice(0, 50)}-tail-`;

/** The tag that says until when its command renews it: epoch seconds. */
export const LEASE_TAG = 'inbound-sms-tail-until';

/** A queue whose command is gone is removed by the next run after this time. */
const LEASE_S = 300;
const RENEW_AFTER_S = 60;

/** SQS's longest wait for messages. */
const WAIT_S = 20;
/** A queue that was left holds no text for longer. */
const RETENTION_S = 300;

export interface TailClients {
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
}

export interface TailQueueOptions {
  readonly stackName: string;
  readonly topicArn: string;
  /** SNS's filter policy on the message's attributes. */
  readonly filterPolicy: Readonly<Record<string, readonly string[]>>;
}

/** A queue of this command alone, subscribed to the topic. Remove it whatever happens. */
export class TailQueue implements AsyncDisposable {
  readonly name: string;
  readonly #clients: TailClients;
  readonly #arn: string;
  #url = '';
  #subscriptionArn = '';
  /** SNS may have subscribed the queue in a call whose answer was lost. */
  #mayHaveUnknownSubscription = false;
  #leaseUntil = 0;

  private constructor(name: string, arn: string, clients: TailClients) {
    this.name = name;
    this.#arn = arn;
    this.#clients = clients;
  }

  /**
   * If SNS refuses the subscription, the queue is removed. What AWS made in a call whose answer was lost
   * is left: the next `tail` removes it.
   */
  static async open(clients: TailClients, options: TailQueueOptions): Promise<TailQueue> {
    const { stackName, topicArn } = options;
    const suffix = topicArn.endsWith('.fifo') ? '.fifo' : '';
    const name = `${tailQueuePrefix(stackName)}${randomBytes(6).toString('hex')}${suffix}`;
    const queue = new TailQueue(name, queueArn(topicArn, name), clients);
    try {
      // Neither ends half-way: what was made must be known to be removed.
      await queue.#create(topicArn);
      await queue.#subscribe(options);
      return queue;
    } catch (error) {
      // The first error says why. What is left, the next `tail` removes.
      await queue[Symbol.asyncDispose]().catch(() => {});
      throw error;
    }
  }

  /** The messages that arrive next, as they were published; none if none came for a while. */
  async receive(signal: AbortSignal): Promise<string[]> {
    await this.#renew();
    const { sqs } = this.#clients;
    const { DeleteMessageBatchCommand, ReceiveMessageCommand } = await import(
      '@aws-sdk/client-sqs'
    );
    const receive = new ReceiveMessageCommand({
      QueueUrl: this.#url,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: WAIT_S,
    });
    const { Messages = [] } = await abortable(signal, (abort) => sqs.send(receive, abort));
    if (Messages.length === 0) return [];
    const remove = new DeleteMessageBatchCommand({
      QueueUrl: this.#url,
      Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
    });
    await abortable(signal, (abort) => sqs.send(remove, abort));
    return Messages.map(({ Body = '' }) => Body);
  }

  /**
   * Removes the subscription, then the queue. A queue goes only when its subscription has gone: SNS counts
   * each message for a deleted queue as a failed delivery, which rings `sns-delivery-failures`.
   *
   * @throws If something of it could not be removed. The next `tail` removes the rest.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const { sns, sqs } = this.#clients;
    const [{ UnsubscribeCommand }, { DeleteQueueCommand }] = await Promise.all([
      import('@aws-sdk/client-sns'),
      import('@aws-sdk/client-sqs'),
    ]);
    if (this.#subscriptionArn) {
      const unsubscribe = new UnsubscribeCommand({ SubscriptionArn: this.#subscriptionArn });
      await ifThere(sns.send(unsubscribe), undefined);
    }
    if (this.#url && !this.#mayHaveUnknownSubscription) {
      await ifThere(sqs.send(new DeleteQueueCommand({ QueueUrl: this.#url })), undefined);
    }
  }

  async #create(topicArn: string): Promise<void> {
    const { CreateQueueCommand } = await import('@aws-sdk/client-sqs');
    this.#leaseUntil = nowInSeconds() + LEASE_S;
    const command = new CreateQueueCommand({
      QueueName: this.name,
      Attributes: {
        MessageRetentionPeriod: String(RETENTION_S),
        Policy: JSON.stringify(letTopicSend(topicArn, this.#arn)),
        ...(this.name.endsWith('.fifo') && { FifoQueue: 'true' }),
      },
      tags: { [LEASE_TAG]: String(this.#leaseUntil) },
    });
    this.#url = (await this.#clients.sqs.send(command)).QueueUrl ?? '';
  }

  async #subscribe({ topicArn, filterPolicy }: TailQueueOptions): Promise<void> {
    const { SubscribeCommand } = await import('@aws-sdk/client-sns');
    const filters = Object.keys(filterPolicy).length > 0;
    const command = new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: this.#arn,
      ReturnSubscriptionArn: true,
      Attributes: {
        RawMessageDelivery: 'true',
        ...(filters && { FilterPolicy: JSON.stringify(filterPolicy) }),
      },
    });
    this.#mayHaveUnknownSubscription = true;
    try {
      this.#subscriptionArn = (await this.#clients.sns.send(command)).SubscriptionArn ?? '';
      this.#mayHaveUnknownSubscription = false;
    } catch (error) {
      this.#mayHaveUnknownSubscription = !isRefusal(error);
      throw error;
    }
  }

  async #renew(): Promise<void> {
    const until = nowInSeconds() + LEASE_S;
    if (until - this.#leaseUntil < RENEW_AFTER_S) return;
    const { TagQueueCommand } = await import('@aws-sdk/client-sqs');
    const Tags = { [LEASE_TAG]: String(until) };
    await this.#clients.sqs.send(new TagQueueCommand({ QueueUrl: this.#url, Tags }));
    this.#leaseUntil = until;
  }
}

/**
 * The answer of a call, or `otherwise` if what it is about is gone. Another run may have removed it, or
 * the SDK has repeated a removal whose answer was lost.
 */
export async function ifThere<T>(call: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && /DoesNotExist|NonExistent|NotFound/.test(error.name)) {
      return otherwise;
    }
    throw error;
  }
}

/** Whether AWS said no, as opposed to: its answer was lost, or it failed on the way. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && '$fault' in error && error.$fault === 'client';
}

function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** In the topic's own account and region. */
function queueArn(topicArn: string, name: string): string {
  const [arn, partition, , region, account] = topicArn.split(':');
  return [arn, partition, 'sqs', region, account, name].join(':');
}

function letTopicSend(topicArn: string, arn: string) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: arn,
        Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
      },
    ],
  };
}
