import type { SQSClient } from '@aws-sdk/client-sqs';
import { abortable } from '../../archive/abortable.ts';
import { EXIT } from '../cli-error.ts';
import { explainError } from '../explain-error.ts';
import type { Stack } from '../stack.ts';
import { tailQueuePrefix } from '../tail-queue.ts';
import { type Check, type Finding, finding } from './finding.ts';
import {
  deadLetterQueueOf,
  listSubscriptions,
  type Subscription,
  subscribeAgain,
} from './subscriptions.ts';

const NAME = 'subscription';
const GUIDE = 'docs/subscribe.md';

/** Who gets the messages, and where those go that cannot be delivered. */
export function subscriptionsCheck(stack: Stack, signal: AbortSignal): Check {
  return {
    name: NAME,
    run: async () => {
      const sns = await stack.clients.sns();
      const all = await listSubscriptions(sns, stack.topicArn, signal);
      const tail = tailQueuePrefix(stack.name);
      const others = all.filter(({ endpoint }) => !nameOf(endpoint).startsWith(tail));
      const subscriptions = others.filter((each) => !isTerminalOf(stack, each));
      if (others.length > 0 && subscriptions.length === 0) {
        return [finding(NAME, 'ok', 'only the local stack itself shows the messages')];
      }
      if (subscriptions.length === 0) {
        const hint = `Subscribe your services: ${GUIDE}`;
        return [finding(NAME, 'warning', 'nobody gets the messages', { hint })];
      }
      const findings: Finding[] = [];
      for (const each of subscriptions) findings.push(await findingOf(each, stack, signal));
      return findings;
    },
  };
}

/** The queue that `npm start` shows messages from: see tools/local/stack.ts. */
function isTerminalOf({ isLocal, name }: Stack, { endpoint }: Subscription): boolean {
  return isLocal && nameOf(endpoint).replace(/\.fifo$/, '') === `${name}-terminal`;
}

async function findingOf(
  subscription: Subscription,
  { clients, region, topicArn }: Stack,
  signal: AbortSignal,
): Promise<Finding> {
  const shown = shownAs(subscription);
  const { arn, protocol, endpoint } = subscription;
  if (!arn) {
    // The endpoint may be somebody's own: it is not shown.
    const again = subscribeAgain({ region, topicArn, protocol, endpoint: 'ENDPOINT' });
    const hint = `Who reads that endpoint must follow the link that SNS has sent to it. ${again}`;
    return finding(NAME, 'warning', `${shown} is not confirmed`, { hint });
  }
  const sqs = await clients.sqs();
  const deadLetters = await deadLetterQueueOf(await clients.sns(), arn, signal);
  if (protocol === 'sqs' && (await waitingIn(sqs, endpoint, signal)) === 'gone') {
    const hint = `Make the queue again, with its policy (${GUIDE}#a-queue), or: aws sns unsubscribe --region ${region} --subscription-arn ${arn}`;
    const detail = deadLetters
      ? `${shown}: the queue is gone, its messages go to the dead-letter queue`
      : `${shown}: the queue is gone, and without a dead-letter queue its messages are lost`;
    return finding(NAME, 'failed', detail, { hint });
  }
  if (!deadLetters) {
    const hint = `Give it one: ${GUIDE}#a-subscription-without-a-dead-letter-queue`;
    const detail = `${shown} has no dead-letter queue: a message that cannot be delivered is lost`;
    return finding(NAME, 'warning', detail, { hint });
  }
  const waiting = await waitingIn(sqs, deadLetters, signal);
  if (waiting === 'gone') {
    const hint = `What cannot be delivered is lost. Make the queue again, with its policy: ${GUIDE}#a-dead-letter-queue`;
    return finding(NAME, 'failed', `${shown}: its dead-letter queue is gone`, { hint });
  }
  if (waiting === 'unknown') {
    return finding(NAME, 'skipped', `${shown}: its dead-letter queue cannot be seen from here`);
  }
  if (waiting > 0) {
    const hint = `Repair the subscriber. Then publish again what is in ${nameOf(deadLetters)}: docs/operations.md#sns-delivery-failures`;
    return finding(NAME, 'failed', `${shown}: ${waiting} could not be delivered`, { hint });
  }
  return finding(NAME, 'ok', `${shown}, none in its dead-letter queue`);
}

/** Messages in a queue. `unknown`: it is another account's, or we may not look. */
async function waitingIn(
  client: SQSClient,
  arn: string,
  signal: AbortSignal,
): Promise<number | 'gone' | 'unknown'> {
  const { GetQueueAttributesCommand, GetQueueUrlCommand } = await import('@aws-sdk/client-sqs');
  const [, , , , account, QueueName] = arn.split(':');
  const find = new GetQueueUrlCommand({ QueueName, QueueOwnerAWSAccountId: account });
  try {
    const { QueueUrl } = await abortable(signal, (abort) => client.send(find, abort));
    const read = new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages'],
    });
    const { Attributes } = await abortable(signal, (abort) => client.send(read, abort));
    return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
  } catch (error) {
    if (error instanceof Error && /QueueDoesNotExist|NonExistentQueue/.test(error.name)) {
      return 'gone';
    }
    if (explainError(error)?.exitCode === EXIT.notAllowed) return 'unknown';
    throw error;
  }
}

/** An e-mail address or a URL may be somebody's own: enough of it to recognize. */
function shownAs({ protocol, endpoint }: Subscription): string {
  const masked = /^https?:/i.test(endpoint)
    ? new URL(endpoint).origin
    : endpoint.includes('@')
      ? endpoint.replace(/^(.).*@/, '$1***@')
      : nameOf(endpoint);
  return `${protocol} ${masked}`;
}

function nameOf(arn: string): string {
  return arn.split(':').at(-1) ?? '';
}
