import { randomUUID } from 'node:crypto';
import {
  CreateTopicCommand,
  DeleteTopicCommand,
  InvalidParameterException,
  PublishBatchCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { clientOf } from '../../local/aws.ts';
import { RequestFault } from '../server/responses.ts';
import { attributesIn, readFilterPolicy } from './filter-policy.ts';

type Attributes = Readonly<Record<string, string>>;

const BATCH = 10;

/** Asks SNS itself which messages a filter policy lets through, on a topic of its own. */
export class PolicyTrial implements Disposable {
  readonly #sns: SNSClient;
  readonly #sqs: SQSClient;

  constructor(endpoint: string) {
    this.#sns = new SNSClient(clientOf(endpoint));
    this.#sqs = new SQSClient(clientOf(endpoint));
  }

  /**
   * @returns Of those given, the ones that a subscription with this policy would get.
   * @throws {RequestFault} If SNS would not take the policy.
   */
  async matching<T extends { readonly attributes: Attributes }>(
    json: string,
    messages: readonly T[],
  ): Promise<T[]> {
    const asked = attributesIn(readFilterPolicy(json));
    // Messages that the policy cannot tell apart need one trial.
    const alike = Map.groupBy(messages, ({ attributes }) => {
      const seen = Object.entries(attributes).filter(([name]) => asked.has(name));
      return JSON.stringify(seen.toSorted());
    });
    const kinds = [...alike.values()].map(([first]) => first?.attributes ?? {});
    const through = await this.#try(json, kinds);
    const matching = new Set([...alike.values()].filter((_, kind) => through.has(kind)).flat());
    return messages.filter((message) => matching.has(message));
  }

  [Symbol.dispose](): void {
    this.#sns.destroy();
    this.#sqs.destroy();
  }

  /** @returns The indices of those that came through. */
  async #try(policy: string, all: readonly Attributes[]): Promise<Set<number>> {
    await using cleanUp = new AsyncDisposableStack();
    const name = `console-filter-${randomUUID()}`;
    // The queue is the first to be made and the last to go: a topic must not deliver to a queue that is gone.
    const { QueueUrl } = await this.#sqs.send(new CreateQueueCommand({ QueueName: name }));
    cleanUp.defer(async () => void (await this.#sqs.send(new DeleteQueueCommand({ QueueUrl }))));
    const { TopicArn = '' } = await this.#sns.send(new CreateTopicCommand({ Name: name }));
    cleanUp.defer(async () => void (await this.#sns.send(new DeleteTopicCommand({ TopicArn }))));
    await this.#subscribe(TopicArn, policy);
    await this.#publish(TopicArn, all);
    // Awaited here: what is deferred must not run before.
    return await this.#receiveAll(QueueUrl);
  }

  async #subscribe(topicArn: string, policy: string): Promise<void> {
    const subscription = new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: topicArn.replace(':sns:', ':sqs:'),
      Attributes: { FilterPolicy: policy, RawMessageDelivery: 'true' },
    });
    await this.#sns.send(subscription).catch((error: unknown) => {
      if (!(error instanceof InvalidParameterException)) throw error;
      throw new RequestFault(`SNS refuses the policy: ${error.message}.`);
    });
  }

  async #publish(topicArn: string, all: readonly Attributes[]): Promise<void> {
    const entries = all.map((attributes, index) => ({
      Id: String(index),
      Message: String(index),
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [
          name,
          { DataType: 'String', StringValue },
        ]),
      ),
    }));
    for (let first = 0; first < entries.length; first += BATCH) {
      const PublishBatchRequestEntries = entries.slice(first, first + BATCH);
      await this.#sns.send(
        new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries }),
      );
    }
  }

  /** The emulator delivers before it answers the publisher: what is not there now does not come. */
  async #receiveAll(queueUrl: string | undefined): Promise<Set<number>> {
    const received = new Set<number>();
    for (;;) {
      const { Messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: BATCH }),
      );
      if (Messages.length === 0) return received;
      for (const { Body } of Messages) received.add(Number(Body));
    }
  }
}
