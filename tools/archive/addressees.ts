import { GetSubscriptionAttributesCommand, type SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type MessageFormat, notificationsIn } from '../../lib/messages/notification.ts';
import type { DeployedSubscriber } from '../shared/subscriber-outputs.ts';
import { type CallOptions, send } from './abortable.ts';
import type { Addressee } from './deliveries.ts';
import { filterOf } from './filter-policy.ts';

/** A deployed subscriber, with its subscription's filter and its queue's age. */
export interface KnownSubscriber extends DeployedSubscriber, Addressee {
  /** When its queue was made, epoch ms in whole seconds. Undefined if that may not be read. */
  readonly createdAt: number | undefined;
}

type Others = Parameters<typeof addresseeOf> extends [unknown, ...infer Rest] ? Rest : never;

interface Clients {
  readonly sns: Pick<SNSClient, 'send'>;
  readonly sqs: Pick<SQSClient, 'send'>;
}

/** {@link addresseeOf} for each of them. */
export function addresseesOf(
  subscribers: readonly DeployedSubscriber[],
  ...others: Others
): Promise<KnownSubscriber[]> {
  return Promise.all(subscribers.map((each) => addresseeOf(each, ...others)));
}

/**
 * Asks SNS for a subscriber's filter, and SQS for its queue's age: two calls. A changed filter counts in
 * its current form.
 *
 * @param format The stack's message format, because a filter may look into the message.
 * @param isExpected Errors that mean that nothing is known: it may not be read, or is gone.
 * @throws AWS's other errors.
 */
export async function addresseeOf(
  subscriber: DeployedSubscriber,
  { sns, sqs }: Clients,
  format: MessageFormat,
  { isExpected, ...options }: CallOptions & { isExpected?: (error: unknown) => boolean } = {},
): Promise<KnownSubscriber> {
  const { subscription, queue } = subscriber;
  const ifKnown = <T>(call: Promise<T>): Promise<T | undefined> =>
    call.catch((error: unknown) => {
      if (isExpected?.(error)) return undefined;
      throw error;
    });
  const [accepts, createdAt] = await Promise.all([
    ifKnown(subscriptionFilter(sns, subscription, options)),
    ifKnown(creationOf(sqs, queue, options)),
  ]);
  const toNotification = notificationsIn(format);
  return {
    ...subscriber,
    createdAt,
    addressing(message) {
      if (createdAt !== undefined && (message.published_at ?? createdAt) < createdAt) {
        return 'before-it';
      }
      if (!accepts) return 'unknown';
      return accepts(toNotification(message)) ? 'for-it' : 'filtered';
    },
  };
}

/** What a subscription takes, as SNS has it now. */
export async function subscriptionFilter(
  sns: Clients['sns'],
  SubscriptionArn: string,
  { signal }: CallOptions,
) {
  const command = new GetSubscriptionAttributesCommand({ SubscriptionArn });
  const { Attributes } = await send(sns, command, signal);
  return filterOf({ policy: Attributes?.FilterPolicy, scope: Attributes?.FilterPolicyScope });
}

/** @returns Epoch ms, in whole seconds. */
async function creationOf(sqs: Clients['sqs'], QueueUrl: string, { signal }: CallOptions) {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['CreatedTimestamp'] });
  const { Attributes } = await send(sqs, command, signal);
  return Number(Attributes?.CreatedTimestamp ?? 0) * 1_000;
}
