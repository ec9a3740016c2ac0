import { randomBytes } from 'node:crypto';
import type { SNSClient, Subscription } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { send } from '../archive/abortable.ts';

/** The prefix of the queues of `tail` and `listen`, by which the next run finds them. */
export const tailQueuePrefix = (stackName: string): string => `${stackName.slice(0, 50)}-tail-`;

/** The tag with the end of the lease: epoch seconds. A running command renews it. */
export const LEASE_TAG = 'inbound-sms-tail-until';

/** After this time without a renewal, the next run removes the queue. */
const LEASE_S = 300;
const RENEW_AFTER_S = 60;

/** SQS's longest wait for messages. */
const WAIT_S = 20;
/** A queue that was left behind keeps texts no longer than this. */
const RETENTION_S = 300;

interface TailClients {
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
}

interface TailPlace {
  readonly stackName: string;
  readonly topicArn: string;
}

interface TailQueueOptions extends TailPlace {
  /** SNS's filter policy on the message's attributes. */
  readonly filterPolicy?: Readonly<Record<string, readonly string[]>>;
  /** Without it, messages come in SNS's envelope, with their attributes. Default: true. */
  readonly raw?: boolean;
}

interface Leftovers extends TailPlace {
  /** The name of a queue whose command is known to be gone. */
  readonly abandoned?: string | undefined;
}

/** A temporary queue of this command, subscribed to the topic. Always dispose of it. */
export class TailQueue implements AsyncDisposable {
  readonly name: string;
  readonly #clients: TailClients;
  readonly #arn: string;
  #url = '';
  #subscriptionArn = '';
  /** The answer to the subscription was lost, so SNS may have made it. */
  #mayHaveUnknownSubscription = false;
  #leaseUntil = 0;

  private constructor(clients: TailClients, { stackName, topicArn }: TailPlace) {
    const suffix = topicArn.endsWith('.fifo') ? '.fifo' : '';
    this.name = `${tailQueuePrefix(stackName)}${randomBytes(6).toString('hex')}${suffix}`;
    this.#clients = clients;
    // In the topic's own account and region.
    this.#arn = topicArn.replace(/:sns:/, ':sqs:').replace(/[^:]*$/, this.name);
  }

  /**
   * If SNS refuses the subscription, the queue is removed. After a call whose answer was lost, parts may be left. The
   * next `tail` or `listen` removes them.
   */
  static async open(clients: TailClients, options: TailQueueOptions): Promise<TailQueue> {
    const queue = new TailQueue(clients, options);
    try {
      // Neither call can be aborted: a part that was made must be known, to be removed.
      await queue.#create(options);
      await queue.#subscribe(options);
      return queue;
    } catch (error) {
      // The first error has the reason. The next `tail` or `listen` removes the rest.
      await queue[Symbol.asyncDispose]().catch(() => {});
      throw error;
    }
  }

  /** The next messages, as SNS delivers them. Empty if none came for a while. */
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
    const { Messages = [] } = await send(sqs, receive, signal);
    if (Messages.length === 0) return [];
    const remove = new DeleteMessageBatchCommand({
      QueueUrl: this.#url,
      Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
    });
    await send(sqs, remove, signal);
    return Messages.map(({ Body = '' }) => Body);
  }

  /**
   * Removes the subscription, then the queue. The queue stays if its subscription may still exist: SNS would count
   * each message for a deleted queue as a failed delivery, which sets off the alarm `sns-delivery-failures`.
   *
   * @throws If a part could not be removed. The next `tail` or `listen` removes the rest.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#subscriptionArn) await unsubscribe(this.#clients, this.#subscriptionArn);
    if (this.#url && !this.#mayHaveUnknownSubscription) await deleteQueue(this.#clients, this.#url);
  }

  async #create({ topicArn }: TailPlace): Promise<void> {
    const { CreateQueueCommand } = await import('@aws-sdk/client-sqs');
    this.#leaseUntil = nowInSeconds() + LEASE_S;
    const letTopicSend = {
      Effect: 'Allow',
      Principal: { Service: 'sns.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: this.#arn,
      Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
    };
    const command = new CreateQueueCommand({
      QueueName: this.name,
      Attributes: {
        MessageRetentionPeriod: String(RETENTION_S),
        Policy: JSON.stringify({ Version: '2012-10-17', Statement: [letTopicSend] }),
        ...(this.name.endsWith('.fifo') && { FifoQueue: 'true' }),
      },
      tags: { [LEASE_TAG]: String(this.#leaseUntil) },
    });
    this.#url = (await this.#clients.sqs.send(command)).QueueUrl ?? '';
  }

  async #subscribe({ topicArn, filterPolicy, raw = true }: TailQueueOptions): Promise<void> {
    const { SubscribeCommand } = await import('@aws-sdk/client-sns');
    const command = new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: this.#arn,
      ReturnSubscriptionArn: true,
      Attributes: {
        ...(raw && { RawMessageDelivery: 'true' }),
        ...(filterPolicy && { FilterPolicy: JSON.stringify(filterPolicy) }),
      },
    });
    this.#mayHaveUnknownSubscription = true;
    try {
      this.#subscriptionArn = (await this.#clients.sns.send(command)).SubscriptionArn ?? '';
      this.#mayHaveUnknownSubscription = false;
    } catch (error) {
      // A client fault means that AWS refused. After other errors, the subscription may exist.
      const isRefusal = error instanceof Error && '$fault' in error && error.$fault === 'client';
      this.#mayHaveUnknownSubscription = !isRefusal;
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
 * Removes the queues and subscriptions of earlier `tail` commands that were killed or cut off from AWS. Those of
 * running commands stay.
 */
export async function removeLeftovers(
  clients: TailClients,
  { stackName, topicArn, abandoned }: Leftovers,
  signal: AbortSignal,
): Promise<void> {
  const prefix = tailQueuePrefix(stackName);
  // Listed before the queues: each subscription that is found here has its queue by then, or has lost it.
  const subscriptions = await tailSubscriptions(clients, topicArn, prefix, signal);
  const queues = await expiredQueues(clients, prefix, abandoned, signal);
  for (const { SubscriptionArn, Endpoint } of subscriptions) {
    const name = nameOf(Endpoint);
    const isLeft = queues.has(name) || !(await queueExists(clients, name, signal));
    if (isLeft) await unsubscribe(clients, SubscriptionArn, signal);
  }
  for (const url of queues.values()) await deleteQueue(clients, url, signal);
}

async function tailSubscriptions(
  { sns }: TailClients,
  TopicArn: string,
  prefix: string,
  signal: AbortSignal,
): Promise<Subscription[]> {
  const { ListSubscriptionsByTopicCommand } = await import('@aws-sdk/client-sns');
  const found: Subscription[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListSubscriptionsByTopicCommand({ TopicArn, NextToken });
    const page = await send(sns, command, signal);
    found.push(...(page.Subscriptions ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  return found.filter(
    ({ Protocol, Endpoint }) => Protocol === 'sqs' && nameOf(Endpoint).startsWith(prefix),
  );
}

/** @returns The URL of each queue with an expired lease, by its name. */
async function expiredQueues(
  { sqs }: TailClients,
  prefix: string,
  abandoned: string | undefined,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const { ListQueuesCommand, ListQueueTagsCommand } = await import('@aws-sdk/client-sqs');
  const list = new ListQueuesCommand({ QueueNamePrefix: prefix });
  const { QueueUrls = [] } = await send(sqs, list, signal);
  const expired = new Map<string, string>();
  for (const QueueUrl of QueueUrls) {
    const answer = await ifThere(send(sqs, new ListQueueTagsCommand({ QueueUrl }), signal));
    const name = QueueUrl.split('/').at(-1) ?? '';
    const until = Number(answer?.Tags?.[LEASE_TAG]);
    if (until * 1000 < Date.now() || name === abandoned) expired.set(name, QueueUrl);
  }
  return expired;
}

async function queueExists({ sqs }: TailClients, QueueName: string, signal: AbortSignal) {
  const { GetQueueUrlCommand } = await import('@aws-sdk/client-sqs');
  const found = await ifThere(send(sqs, new GetQueueUrlCommand({ QueueName }), signal));
  return found !== undefined;
}

async function unsubscribe(
  { sns }: TailClients,
  SubscriptionArn: string | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const { UnsubscribeCommand } = await import('@aws-sdk/client-sns');
  await ifThere(send(sns, new UnsubscribeCommand({ SubscriptionArn }), signal));
}

async function deleteQueue({ sqs }: TailClients, QueueUrl: string, signal?: AbortSignal) {
  const { DeleteQueueCommand } = await import('@aws-sdk/client-sqs');
  await ifThere(send(sqs, new DeleteQueueCommand({ QueueUrl }), signal));
}

/**
 * The answer of a call, or nothing if the queue or subscription is gone. Another run may have removed it, or the
 * SDK may have repeated a removal whose answer was lost.
 */
async function ifThere<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (error instanceof Error && /DoesNotExist|NonExistent|NotFound/.test(error.name)) {
      return undefined;
    }
    throw error;
  });
}

function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function nameOf(arn = ''): string {
  return arn.split(':').at(-1) ?? '';
}
