import type { Subscription } from '@aws-sdk/client-sns';
import { abortable } from '../archive/abortable.ts';
import { ifThere, LEASE_TAG, type TailClients, tailQueuePrefix } from './tail-queue.ts';

/**
 * Removes the queues and subscriptions of `tail` commands that could not do so themselves: killed, or
 * cut off from AWS. Those of commands that still run are left.
 */
export async function removeLeftovers(
  clients: TailClients,
  { stackName, topicArn }: { readonly stackName: string; readonly topicArn: string },
  signal: AbortSignal,
): Promise<void> {
  const prefix = tailQueuePrefix(stackName);
  // Before the queues: every subscription that is found here has a queue by then, or has lost it.
  const subscriptions = await tailSubscriptions(clients, topicArn, prefix, signal);
  const queues = await expiredQueues(clients, prefix, signal);
  for (const { SubscriptionArn, Endpoint } of subscriptions) {
    const name = nameOf(Endpoint);
    const isLeft = queues.has(name) || !(await queueExists(clients, name, signal));
    if (isLeft) await unsubscribe(clients, SubscriptionArn, signal);
  }
  for (const url of queues.values()) await removeQueue(clients, url, signal);
}

async function tailSubscriptions(
  { sns }: TailClients,
  topicArn: string,
  prefix: string,
  signal: AbortSignal,
): Promise<Subscription[]> {
  const { ListSubscriptionsByTopicCommand } = await import('@aws-sdk/client-sns');
  const found: Subscription[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListSubscriptionsByTopicCommand({ TopicArn: topicArn, NextToken });
    const page = await abortable(signal, (abort) => sns.send(command, abort));
    found.push(
      ...(page.Subscriptions ?? []).filter(
        ({ Protocol, Endpoint }) => Protocol === 'sqs' && nameOf(Endpoint).startsWith(prefix),
      ),
    );
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
}

/** @returns The URL of each queue whose command has not renewed it, by its name. */
async function expiredQueues(
  { sqs }: TailClients,
  prefix: string,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const { ListQueuesCommand, ListQueueTagsCommand } = await import('@aws-sdk/client-sqs');
  const list = new ListQueuesCommand({ QueueNamePrefix: prefix });
  const { QueueUrls = [] } = await abortable(signal, (abort) => sqs.send(list, abort));
  const expired = new Map<string, string>();
  for (const QueueUrl of QueueUrls) {
    const command = new ListQueueTagsCommand({ QueueUrl });
    const tags = abortable(signal, (abort) => sqs.send(command, abort)).then(
      ({ Tags = {} }) => Tags,
    );
    const until = Number((await ifThere(tags, {}))[LEASE_TAG]);
    if (until * 1000 < Date.now()) expired.set(QueueUrl.split('/').at(-1) ?? '', QueueUrl);
  }
  return expired;
}

async function queueExists(
  { sqs }: TailClients,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { GetQueueUrlCommand } = await import('@aws-sdk/client-sqs');
  const command = new GetQueueUrlCommand({ QueueName: name });
  const found = abortable(signal, (abort) => sqs.send(command, abort)).then(() => true);
  return ifThere(found, false);
}

async function unsubscribe(
  { sns }: TailClients,
  SubscriptionArn: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { UnsubscribeCommand } = await import('@aws-sdk/client-sns');
  const command = new UnsubscribeCommand({ SubscriptionArn });
  await ifThere(
    abortable(signal, (abort) => sns.send(command, abort)),
    undefined,
  );
}

async function removeQueue(
  { sqs }: TailClients,
  QueueUrl: string,
  signal: AbortSignal,
): Promise<void> {
  const { DeleteQueueCommand } = await import('@aws-sdk/client-sqs');
  const command = new DeleteQueueCommand({ QueueUrl });
  await ifThere(
    abortable(signal, (abort) => sqs.send(command, abort)),
    undefined,
  );
}

function nameOf(arn = ''): string {
  return arn.split(':').at(-1) ?? '';
}
