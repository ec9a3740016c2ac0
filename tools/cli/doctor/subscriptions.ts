import type { SNSClient } from '@aws-sdk/client-sns';
import { abortable } from '../../archive/abortable.ts';

export interface Subscription {
  /** Nothing while it is not confirmed. */
  readonly arn: string | undefined;
  readonly protocol: string;
  readonly endpoint: string;
  readonly isConfirmed: boolean;
}

/** Every subscription of a topic. */
export async function listSubscriptions(
  client: SNSClient,
  topicArn: string,
  signal: AbortSignal,
): Promise<Subscription[]> {
  const { ListSubscriptionsByTopicCommand } = await import('@aws-sdk/client-sns');
  const subscriptions: Subscription[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListSubscriptionsByTopicCommand({ TopicArn: topicArn, NextToken });
    const page = await abortable(signal, (abort) => client.send(command, abort));
    for (const { SubscriptionArn, Protocol = '', Endpoint = '' } of page.Subscriptions ?? []) {
      // Somebody has unsubscribed: SNS lists it so for some days more.
      if (SubscriptionArn === 'Deleted') continue;
      // SNS has a word here as long as there is no ARN: `PendingConfirmation`.
      const isConfirmed = SubscriptionArn?.startsWith('arn:') === true;
      subscriptions.push({
        arn: isConfirmed ? SubscriptionArn : undefined,
        protocol: Protocol,
        endpoint: Endpoint,
        isConfirmed,
      });
    }
    NextToken = page.NextToken;
  } while (NextToken);
  return subscriptions;
}

/**
 * The hint for a subscription that nobody has confirmed. To subscribe again sends another request to confirm.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html
 */
export function subscribeAgain(subscription: {
  readonly region: string;
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
}): string {
  const { region, topicArn, protocol, endpoint } = subscription;
  return `AWS deletes a subscription that is not confirmed within 48 hours. For a new one: aws sns subscribe --region ${region} --topic-arn ${topicArn} --protocol ${protocol} --notification-endpoint ${endpoint}`;
}

/** What redrives a subscription's failed deliveries: the ARN of a queue, if there is one. */
export async function deadLetterQueueOf(
  client: SNSClient,
  subscriptionArn: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { GetSubscriptionAttributesCommand } = await import('@aws-sdk/client-sns');
  const command = new GetSubscriptionAttributesCommand({ SubscriptionArn: subscriptionArn });
  const { Attributes } = await abortable(signal, (abort) => client.send(command, abort));
  if (!Attributes?.RedrivePolicy) return undefined;
  return (JSON.parse(Attributes.RedrivePolicy) as { deadLetterTargetArn?: string })
    .deadLetterTargetArn;
}
