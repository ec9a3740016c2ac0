import { isDeepStrictEqual } from 'node:util';
import type { Subscriber } from '../../../infra/plugin/subscribers.js';
import type { DeployedSubscriber } from '../../shared/subscriber-outputs.ts';
import { calledOn } from '../command.ts';
import { writeLocally } from '../secret-value.ts';
import type { Stack } from '../stack.ts';
import { storedSecrets } from '../stored-secrets.ts';
import { type Abort, check, type Finding, findingsOf, RESTORE } from './check.ts';
import { emailFindings } from './email-check.ts';

/**
 * The subscribers that settings.yml has for the stage. Nothing if there is no such file.
 *
 * @throws {Error} It names the file and the line.
 */
export type ReadConfigured = () => readonly Subscriber[] | undefined;

const CHECK = 'subscriber';

/** Checks that the subscribers are deployed as settings.yml has them. */
export const subscribersCheck = (readConfigured: ReadConfigured) =>
  check(CHECK, async ({ stack, abort, ok, failed, skipped }) => {
    const { subscribers } = stack;
    let configured: readonly Subscriber[] | undefined;
    try {
      configured = readConfigured();
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error), deployHint(stack));
    }
    if (subscribers.length === 0 && !configured?.length) {
      return ok('settings.yml has none');
    }
    const findings: Finding[] = configured
      ? []
      : [skipped('there is no settings.yml here to compare with')];
    for (const subscriber of subscribers) {
      const own = configured?.find(({ name }) => name === subscriber.name);
      const found = await partsFindings(subscriber, own, stack, abort);
      if (configured && !own) found.unshift(extraFinding(subscriber, stack));
      findings.push(
        ...(found.length > 0
          ? found
          : [
              ok(
                `${shown(subscriber)} ${own ? 'is deployed as settings.yml has it' : 'is deployed'}`,
              ),
            ]),
      );
    }
    const isDeployed = ({ name }: Subscriber) => subscribers.some((each) => each.name === name);
    return [
      ...missingFindings(configured?.filter((each) => !isDeployed(each)) ?? [], stack),
      ...findings,
    ];
  });

const shown = ({ name, kind }: Pick<DeployedSubscriber, 'name' | 'kind'>) => `${name} (${kind})`;

/** How to apply settings.yml. */
const deployHint = ({ isLocal }: Stack) => (isLocal ? 'Start `npm start` again.' : 'Deploy.');

function missingFindings(missing: readonly Subscriber[], stack: Stack): Finding[] {
  const { warning } = findingsOf(CHECK);
  return missing.map((each) =>
    warning(`${shown(each)} is in settings.yml, but not deployed`, deployHint(stack)),
  );
}

function extraFinding(subscriber: DeployedSubscriber, stack: Stack): Finding {
  const { warning } = findingsOf(CHECK);
  const detail = `${shown(subscriber)} is deployed, but not in settings.yml`;
  if (stack.isLocal) return warning(detail, deployHint(stack));
  const hint = `Write it into settings.yml again, or let a deploy remove it: --remove-subscribers ${subscriber.name}`;
  return warning(detail, hint);
}

/** A dead letter that a redrive has just put back is hidden for a minute, so hidden messages count. */
const DEPTH = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;

/** What is wrong with a subscriber. Empty if all its parts exist as settings.yml has them. */
async function partsFindings(
  subscriber: DeployedSubscriber,
  own: Subscriber | undefined,
  stack: Stack,
  abort: Abort,
): Promise<Finding[]> {
  const { failed } = findingsOf(CHECK);
  const [sns, sqs] = await Promise.all([stack.clients.sns(), stack.clients.sqs()]);
  const queueAttributes = (QueueUrl: string) =>
    attributesOf(
      sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn', ...DEPTH] }, abort),
    );
  const [queue, deadLetters, subscription] = await Promise.all([
    queueAttributes(subscriber.queue),
    queueAttributes(subscriber.deadLetters),
    attributesOf(
      sns.getSubscriptionAttributes({ SubscriptionArn: subscriber.subscription }, abort),
    ),
  ]);
  const gone = (part: string) => failed(`${shown(subscriber)}: its ${part} is gone`, RESTORE);
  const findings = [
    ...(queue ? [] : [gone('queue')]),
    ...(subscription
      ? subscriptionFindings(subscriber, own, subscription, deadLetters, stack)
      : [gone('subscription')]),
    ...(deadLetters
      ? deadLetterFindings(subscriber, deadLetters, stack)
      : [gone('dead-letter queue')]),
  ];
  if (stack.isLocal) return findings;
  if (queue?.QueueArn && subscriber.kind !== 'queue') {
    findings.push(...(await mappingFindings(subscriber, queue.QueueArn, stack, abort)));
  }
  if (subscriber.topic) {
    findings.push(...(await emailFindings(subscriber.topic, subscriber, own, stack, abort)));
  }
  return findings;
}

function subscriptionFindings(
  subscriber: DeployedSubscriber,
  own: Subscriber | undefined,
  subscription: Attributes,
  deadLetters: Attributes | undefined,
  stack: Stack,
): Finding[] {
  const { warning } = findingsOf(CHECK);
  const findings: Finding[] = [];
  const changed = own ? differences(subscriber, own, subscription) : [];
  if (changed.length > 0) {
    const detail = `${shown(subscriber)} is deployed with another ${listOf(changed)} than settings.yml has`;
    findings.push(warning(detail, deployHint(stack)));
  }
  const { deadLetterTargetArn } = JSON.parse(subscription.RedrivePolicy || '{}');
  const losesDeadLetters = deadLetters && deadLetterTargetArn !== deadLetters.QueueArn;
  if (subscription.RawMessageDelivery !== 'true' || losesDeadLetters) {
    const detail = `${shown(subscriber)}: its subscription has lost raw delivery or its dead-letter queue`;
    findings.push(warning(detail, RESTORE));
  }
  return findings;
}

function deadLetterFindings(
  subscriber: DeployedSubscriber,
  deadLetters: Attributes,
  stack: Stack,
): Finding[] {
  const { name, kind } = subscriber;
  const dead = DEPTH.reduce((sum, attribute) => sum + Number(deadLetters[attribute] ?? 0), 0);
  if (dead === 0) return [];
  const redrive = `Then move them back: ${calledOn(stack, `redrive ${name}`)}`;
  // `list` shows only messages whose record is still stored.
  const hint =
    kind === 'queue'
      ? `Repair what reads the queue. ${redrive}`
      : `See the last failure: ${calledOn(stack, 'subscribers')}. See the messages: ${calledOn(stack, `list --undelivered ${name}`)}. Repair the cause. ${redrive}`;
  return [findingsOf(CHECK).failed(`${shown(subscriber)}: ${dead} in its dead-letter queue`, hint)];
}

type Attributes = Readonly<Record<string, string>>;

/** Nothing if the queue or subscription is gone. */
async function attributesOf(
  call: Promise<{ readonly Attributes?: Partial<Record<string, string>> | undefined }>,
): Promise<Attributes | undefined> {
  try {
    return ((await call).Attributes ?? {}) as Attributes;
  } catch (error) {
    const isGone =
      error instanceof Error && /QueueDoesNotExist|NonExistentQueue|^NotFound/.test(error.name);
    if (isGone) return undefined;
    throw error;
  }
}

/** The settings that a deploy would change. */
function differences(
  subscriber: DeployedSubscriber,
  own: Subscriber,
  subscription: Attributes,
): string[] {
  const filter = JSON.parse(subscription.FilterPolicy || '{}');
  const isSameFilter =
    isDeepStrictEqual(filter, own.filterPolicy ?? {}) &&
    (!own.filterPolicy ||
      (subscription.FilterPolicyScope ?? 'MessageAttributes') === own.filterScope);
  return [
    ...(['kind', 'url', 'secret'] as const).filter((key) => subscriber[key] !== own[key]),
    ...(isSameFilter ? [] : ['filter']),
  ];
}

/** Checks that the forwarder reads the queue. */
async function mappingFindings(
  subscriber: DeployedSubscriber,
  EventSourceArn: string,
  { clients, region }: Stack,
  abort: Abort,
): Promise<Finding[]> {
  const { failed } = findingsOf(CHECK);
  const lambda = await clients.lambda();
  const { EventSourceMappings: mappings = [] } = await lambda.listEventSourceMappings(
    { EventSourceArn },
    abort,
  );
  const [mapping] = mappings;
  if (!mapping) {
    return [failed(`${shown(subscriber)}: nothing reads its queue`, RESTORE)];
  }
  if (!/^Disabl/.test(mapping.State ?? '')) return [];
  const hint = `Switch it on: aws lambda update-event-source-mapping --region ${region} --uuid ${mapping.UUID} --enabled`;
  return [
    failed(
      `${shown(subscriber)}: nothing reads its queue, because the mapping was switched off`,
      hint,
    ),
  ];
}

/** Checks that each secret is stored. It reads no value. */
export const secretsCheck = check('secrets', async ({ stack, signal, ok, failed }) => {
  const users = Map.groupBy(
    stack.subscribers.filter(({ secret }) => secret !== undefined),
    ({ secret = '' }) => secret,
  );
  if (users.size === 0) return ok('no subscriber needs one');
  const stored = await storedSecrets(stack, signal);
  const missing = [...users].filter(([name]) => !stored.has(name));
  if (missing.length === 0) return ok(`${listOf([...users.keys()])}`);
  return missing.map(([name, waiting]) => {
    const gets = `${listOf(waiting.map(shown))} ${waiting.length === 1 ? 'gets' : 'get'} nothing`;
    const hint = stack.isLocal
      ? writeLocally(name)
      : `Set it: ${calledOn(stack, `secret set ${name}`)}. The messages wait, and are delivered after that.`;
    return failed(`${name} is missing: ${gets}`, hint);
  });
});

function listOf(texts: readonly string[]): string {
  return [texts.slice(0, -1).join(', '), ...texts.slice(-1)].filter(Boolean).join(' and ');
}
