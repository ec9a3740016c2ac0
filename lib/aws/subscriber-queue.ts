import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SubscriberQueue } from '../forwarding/forwarding-ports.ts';
import { callWithin } from './call-within.ts';

/** The queue with this ARN. */
export class SQSSubscriberQueue implements SubscriberQueue {
  readonly #client: SQSClient;
  readonly #arn: string;

  constructor(client: SQSClient, arn: string) {
    this.#client = client;
    this.#arn = arn;
  }

  async pause(ReceiptHandle: string, VisibilityTimeout: number, deadline: AbortSignal) {
    const QueueUrl = queueUrl(this.#client, this.#arn);
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl,
      ReceiptHandle,
      VisibilityTimeout,
    });
    await callWithin(deadline, () => this.#client.send(command));
  }
}

/**
 * The URL of a queue, which SQS asks for. An event has only the ARN. The host differs in China and other
 * partitions.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
 */
function queueUrl({ config }: SQSClient, arn: string): string {
  const [, , , Region = '', account, name] = arn.split(':');
  const { url } = config.endpointProvider({ Region, UseFIPS: false, UseDualStack: false });
  return new URL(`/${account}/${name}`, url).href;
}
