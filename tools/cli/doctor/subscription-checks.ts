import type { SNS } from '@aws-sdk/client-sns';
import type { SQS } from '@aws-sdk/client-sqs';
import { EXIT } from '../cli-error.ts';
import { explainError } from '../explain-error.ts';
import type { Stack } from '../stack.ts';
import { tailQueuePrefix } from '../tail-queue.ts';
import { type Abort, check, type Finding, findingsOf } from './check.ts';

const GUIDE = 'docs/subscribe.md';
const SET_EMAIL = 'Set ALARM_EMAIL in .env, or alarmEmail in settings.yml, and deploy.';

/** Checks that somebody gets the alarms. */
export const alarmSubscriptionCheck = check('alarm e-mail', async (context) => {
  const { stack, abort, ok, warning, failed, skipped } = context;
  const { AlarmTopicArn: topicArn, AlarmEmail } = stack.outputs;
  if (stack.isLocal) return skipped('the local stack has no alarms');
  if (!topicArn) return failed('the stack has no topic for alarms', SET_EMAIL);
  const subscriptions = await listSubscriptions(await stack.clients.sns(), topicArn, abort);
  const { length } = subscriptions;
  // A deploy replaces a subscription only if its address has changed.
  const again = subscribeAgain(stack.region, topicArn, 'email', 'YOU@EXAMPLE.COM');
  if (length === 0) return warning('alarms go to nobody', AlarmEmail ? again : SET_EMAIL);
  const confirmed = subscriptions.filter(({ arn }) => arn !== undefined).length;
  if (confirmed === length) return ok(`${confirmed} confirmed`);
  return (confirmed === 0 ? failed : warning)(
    `${length - confirmed} of ${length} subscriptions are not confirmed`,
    `Open the e-mail from AWS and follow its link. ${again}`,
  );
});

/**
 * Checks the subscriptions that were made by hand, and their dead-letter queues. The subscribers of settings.yml have
 * their own check.
 */
export const subscriptionsCheck = check('subscription', async ({ stack, abort, ok, warning }) => {
  const all = await listSubscriptions(await stack.clients.sns(), stack.topicArn, abort);
  const tail = tailQueuePrefix(stack.name);
  const own = new Set<string | undefined>(stack.subscribers.map((each) => each.subscription));
  const others = all.filter(
    ({ arn, endpoint }) => !own.has(arn) && !nameOf(endpoint).startsWith(tail),
  );
  const subscriptions = others.filter((each) => !isTerminalOf(stack, each));
  if (subscriptions.length === 0) {
    if (own.size > 0) return ok('there are only those of settings.yml');
    if (others.length > 0) return ok('only the local stack itself shows the messages');
    return warning('nobody gets the messages', `Add subscribers: docs/subscribers.md`);
  }
  const findings: Finding[] = [];
  for (const each of subscriptions) findings.push(await findingOf(each, stack, abort));
  return findings;
});

/** Whether it is the queue from which `npm start` shows messages: see tools/local/stack.ts. */
function isTerminalOf({ isLocal, name }: Stack, { endpoint }: Subscription): boolean {
  return isLocal && nameOf(endpoint).replace(/\.fifo$/, '') === `${name}-terminal`;
}

async function findingOf(
  subscription: Subscription,
  { clients, region, topicArn }: Stack,
  abort: Abort,
): Promise<Finding> {
  const { ok, warning, failed, skipped } = findingsOf('subscription');
  const shown = shownAs(subscription);
  const { arn, protocol, endpoint } = subscription;
  if (!arn) {
    // The endpoint may be a private address, so it is not shown.
    const again = subscribeAgain(region, topicArn, protocol, 'ENDPOINT');
    const hint = `The owner of the endpoint must follow the link that SNS has sent to it. ${again}`;
    return warning(`${shown} is not confirmed`, hint);
  }
  const [sns, sqs] = await Promise.all([clients.sns(), clients.sqs()]);
  const { Attributes } = await sns.getSubscriptionAttributes({ SubscriptionArn: arn }, abort);
  const { deadLetterTargetArn: deadLetters }: { deadLetterTargetArn?: string } = JSON.parse(
    Attributes?.RedrivePolicy || '{}',
  );
  if (protocol === 'sqs' && (await waitingIn(sqs, endpoint, abort)) === 'gone') {
    const end = deadLetters
      ? 'its messages go to the dead-letter queue'
      : 'and without a dead-letter queue its messages are lost';
    const hint = `Make the queue again, with its policy (${GUIDE}#a-queue), or: aws sns unsubscribe --region ${region} --subscription-arn ${arn}`;
    return failed(`${shown}: the queue is gone, ${end}`, hint);
  }
  if (!deadLetters) {
    const detail = `${shown} has no dead-letter queue: a message that cannot be delivered is lost`;
    return warning(detail, `Give it one: ${GUIDE}#a-subscription-without-a-dead-letter-queue`);
  }
  const waiting = await waitingIn(sqs, deadLetters, abort);
  if (waiting === 'gone') {
    const hint = `Messages that cannot be delivered are lost. Make the queue again, with its policy: ${GUIDE}#a-dead-letter-queue`;
    return failed(`${shown}: its dead-letter queue is gone`, hint);
  }
  if (waiting === 'unknown') {
    return skipped(`${shown}: its dead-letter queue cannot be seen from here`);
  }
  if (waiting > 0) {
    const hint = `Repair the subscriber. Then publish the messages of ${nameOf(deadLetters)} again: docs/operations.md#sns-delivery-failures`;
    return failed(`${shown}: ${waiting} could not be delivered`, hint);
  }
  return ok(`${shown}, none in its dead-letter queue`);
}

interface Subscription {
  /** Nothing if it is not confirmed yet. */
  readonly arn: string | undefined;
  readonly protocol: string;
  readonly endpoint: string;
}

/** The subscriptions of a topic, without ended ones. */
export async function listSubscriptions(
  sns: SNS,
  topicArn: string,
  abort: Abort,
): Promise<Subscription[]> {
  const subscriptions: Subscription[] = [];
  let NextToken: string | undefined;
  do {
    const page = await sns.listSubscriptionsByTopic({ TopicArn: topicArn, NextToken }, abort);
    for (const { SubscriptionArn, Protocol = '', Endpoint = '' } of page.Subscriptions ?? []) {
      // SNS lists an ended subscription for some more days.
      if (SubscriptionArn === 'Deleted') continue;
      // Until it is confirmed, SNS has `PendingConfirmation` instead of an ARN.
      const arn = SubscriptionArn?.startsWith('arn:') ? SubscriptionArn : undefined;
      subscriptions.push({ arn, protocol: Protocol, endpoint: Endpoint });
    }
    NextToken = page.NextToken;
  } while (NextToken);
  return subscriptions;
}

/**
 * The hint for a subscription that is not confirmed. To subscribe again sends a new request to confirm.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html
 */
export function subscribeAgain(
  region: string,
  topicArn: string,
  protocol: string,
  endpoint: string,
) {
  return `AWS deletes a subscription that is not confirmed within 48 hours. For a new one: ${subscribe(region, topicArn, protocol, endpoint)}`;
}

/** The command that subscribes an endpoint to a topic. */
export function subscribe(region: string, topicArn: string, protocol: string, endpoint: string) {
  return `aws sns subscribe --region ${region} --topic-arn ${topicArn} --protocol ${protocol} --notification-endpoint ${endpoint}`;
}

/** The number of messages in a queue. `unknown`: it belongs to another account, or we may not read it. */
async function waitingIn(
  sqs: SQS,
  arn: string,
  abort: Abort,
): Promise<number | 'gone' | 'unknown'> {
  const [, , , , account, QueueName] = arn.split(':');
  const [name] = ['ApproximateNumberOfMessages'] as const;
  try {
    const place = { QueueName, QueueOwnerAWSAccountId: account };
    const { QueueUrl } = await sqs.getQueueUrl(place, abort);
    const { Attributes } = await sqs.getQueueAttributes(
      { QueueUrl, AttributeNames: [name] },
      abort,
    );
    return Number(Attributes?.[name] ?? 0);
  } catch (error) {
    if (error instanceof Error && /QueueDoesNotExist|NonExistentQueue/.test(error.name)) {
      return 'gone';
    }
    if (explainError(error)?.exitCode === EXIT.notAllowed) return 'unknown';
    throw error;
  }
}

/** Hides most of an e-mail address or URL, which may be private. */
function shownAs({ protocol, endpoint }: Subscription): string {
  if (/^https?:/i.test(endpoint)) return `${protocol} ${new URL(endpoint).origin}`;
  if (endpoint.includes('@')) return `${protocol} ${endpoint.replace(/^(.).*@/, '$1***@')}`;
  return `${protocol} ${nameOf(endpoint)}`;
}

function nameOf(arn: string): string {
  return arn.split(':').at(-1) ?? '';
}
