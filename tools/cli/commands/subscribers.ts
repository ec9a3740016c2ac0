import { filterText } from '../../shared/filter-text.ts';
import type { DeployedSubscriber } from '../../shared/subscriber-outputs.ts';
import { printable } from '../../shared/terminal-text.ts';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import {
  calledOn,
  refuseUnknownSubcommand,
  stackCommand,
  stackOptionsOf,
  subcommand,
  withStack,
} from '../command.ts';
import { wholeNumber } from '../message-options.ts';
import type { Output } from '../output.ts';
import { countOf, type QueueDepth, queueProblems } from '../queue-depth.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';
import { type CanaryOutcome, canaryOutcome, sendCanary } from '../subscriber-canary.ts';
import {
  MARKED_MESSAGES,
  type SubscriberStatus,
  subscriberStatuses,
} from '../subscriber-status.ts';
import { type Cell, countCell, type Row, shownIn } from '../table.ts';
import { localTime } from '../times.ts';

const DEFAULT_TIMEOUT_S = 60;

const COLUMNS = [
  { title: 'NAME', width: 16 },
  { title: 'KIND', width: 5 },
  { title: 'FILTER' },
  { title: 'WAITING', width: 11, align: 'right' },
  { title: 'OLDEST', width: 7, align: 'right' },
  { title: 'DEAD', width: 11, align: 'right' },
  { title: 'LAST DELIVERY', width: 19 },
] as const;
const LAST = 'LAST FAILURE';

/** `inbound-sms subscribers` */
export function subscribersCommand(runtime: Runtime) {
  return stackCommand(runtime, 'subscribers', {
    summary: 'show the state of the subscribers of settings.yml',
    description: `WAITING counts the messages in the queue, with those that are being delivered or wait for the next attempt. OLDEST is the age of the oldest one, from CloudWatch, a minute or more late. DEAD counts the dead letters. LAST DELIVERY and LAST FAILURE come from the newest ${MARKED_MESSAGES} messages. A queue of your own has no deliveries here: only your code knows them.`,
    examples: [
      ['--stage prod', 'all subscribers'],
      ['--stage prod --json | jq "select(.dead > 0).name"', 'subscribers with dead letters'],
      ['test crm --stage prod', 'a test message to one subscriber'],
    ],
  })
    .helpCommand('help [command]', 'show the help of a command')
    .allowExcessArguments()
    .action((options, command) => {
      refuseUnknownSubcommand(command);
      return withStack(runtime, options, showSubscribers);
    })
    .addCommand(testCommand(runtime))
    .addCommand(confirmCommand(runtime));
}

async function showSubscribers(stack: Stack, output: Output): Promise<void> {
  const statuses = await subscriberStatuses(stack, output.signal);
  if (output.isJson) {
    for (const status of statuses) await output.json(statusJson(status));
    return;
  }
  if (statuses.length === 0) {
    output.note(
      `${stack.name} has no subscribers of settings.yml. To add some: docs/subscribers.md`,
    );
  }
  await writeStatuses(statuses, output);
  for (const { name, ...queues } of statuses) {
    const problems = queueProblems(queues);
    if (problems.length > 0) {
      output.note(
        `${name}: ${problems.join(', ')}. To see what to do: ${calledOn(stack, 'doctor')}`,
      );
    }
  }
}

/** The table for people. */
export async function writeStatuses(
  statuses: readonly SubscriberStatus[],
  output: Pick<Output, 'table'>,
): Promise<void> {
  const rows = statuses.map(statusRow);
  // A reason may be long. The table cuts it only if it does not fit a line.
  const width = Math.max(LAST.length, ...rows.map((row) => shownIn(row.at(-1) ?? '').length));
  await output.table([...COLUMNS, { title: LAST, width }]).write(rows);
}

function statusJson({ filter, ...status }: SubscriberStatus) {
  const { oldest_ms = null, delivered_at = null, failed_at = null, reason = null } = status;
  const isFiltered = typeof filter !== 'string';
  return {
    ...status,
    ...{ waiting: countOf(status.waiting), dead: countOf(status.dead) },
    problems: queueProblems(status),
    ...{ oldest_ms, delivered_at, failed_at, reason },
    is_subscribed: filter !== 'gone',
    filter_policy: isFiltered ? filter.policy : null,
    filter_scope: isFiltered ? filter.scope : null,
  };
}

function statusRow(status: SubscriberStatus): Row {
  const { name, kind, filter, waiting, oldest_ms, dead, delivered_at, failed_at } = status;
  const reason = printable(status.reason ?? '');
  return [
    name,
    kind,
    filterCell(filter),
    depthCell(waiting),
    oldest_ms === undefined ? NONE : { shown: ageText(oldest_ms), value: String(oldest_ms) },
    depthCell(dead),
    kind === 'queue' ? 'handed to SNS' : timeCell(delivered_at),
    failed_at === undefined ? NONE : `${localTime(failed_at)} ${reason}`.trimEnd(),
  ];
}

const NONE: Cell = { shown: '-', value: '' };

const depthCell = (depth: QueueDepth): Cell =>
  typeof depth === 'number' ? countCell(depth) : depth === 'gone' ? 'queue gone' : depth;

const timeCell = (time: number | undefined): Cell => (time === undefined ? NONE : localTime(time));

function filterCell(filter: SubscriberStatus['filter']): Cell {
  if (filter === 'gone') return 'no subscription';
  if (filter === 'none') return NONE;
  const { policy } = filter;
  return { shown: printable(filterText(policy)), value: printable(JSON.stringify(policy)) };
}

/** `45 s`, `12 min`, `5 h`, `3 d`. */
function ageText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

function testCommand(runtime: Runtime) {
  return subcommand(runtime, 'subscribers', 'test', {
    summary: 'send a test message to one subscriber only',
    description:
      'Puts a test message, with an id that begins with `canary-`, into the queue of this subscriber, and waits until the log of the forwarder has the outcome. Nothing is stored, no other subscriber gets it, and the forwarder tries once.\nA queue of your own gets it, too. Your code should ignore such ids.',
    examples: [
      ['crm --stage prod', 'a test message'],
      ['crm --stage prod --timeout 10', 'waits at most 10 seconds'],
    ],
  })
    .argument('<name>', 'name of the subscriber')
    .option('--timeout <seconds>', 'wait at most this long', wholeNumber, DEFAULT_TIMEOUT_S)
    .action((name, { timeout }, command) =>
      withStack(runtime, stackOptionsOf(command), async (stack, output) => {
        await testSubscriber(stack, stack.subscriber(name), timeout, output);
      }),
    );
}

async function testSubscriber(
  stack: Stack,
  subscriber: DeployedSubscriber,
  timeoutS: number,
  output: Output,
): Promise<void> {
  const { name, kind, queue } = subscriber;
  const { signal } = output;
  const began = performance.now();
  const message_id = await sendCanary(stack, subscriber, signal);
  const report = (outcome: CanaryOutcome, text: string) => {
    const ms = Math.round(performance.now() - began);
    return output.isJson
      ? output.json({ subscriber: name, message_id, ...outcome, ms })
      : output.text(text);
  };
  if (kind === 'queue') {
    return report({ outcome: 'in-queue' }, `${message_id} is in the queue ${queue}.`);
  }
  output.note(`${message_id} is in the queue of ${name}. Waiting for the forwarder.`);
  const found = await canaryOutcome(stack, message_id, timeoutS * 1_000, signal);
  if (!found) {
    await report({ outcome: 'unknown' }, `${name}: the outcome of ${message_id} is not known.`);
    throw new CliError(
      EXIT.failed,
      `The log of the forwarder had no outcome after ${timeoutS} s, so it is not known whether the message was delivered.`,
      `It may be in the queue of ${name}, behind other messages. See: ${calledOn(stack, 'subscribers')}`,
    );
  }
  const { outcome, status, reason = outcome } = found;
  if (outcome === 'delivered') {
    const how = kind === 'email' ? 'handed to SNS for the e-mail' : 'delivered';
    return report(found, `${name}: ${how}${status === undefined ? '' : ` (${status})`}.`);
  }
  await report(found, `${name}: ${outcome} (${reason}).`);
  throw new CliError(
    EXIT.failed,
    `The test message was not delivered to ${name}: ${reason}.`,
    'Repair the receiver, then test again. The forwarder does not repeat a test message.',
  );
}

function confirmCommand(runtime: Runtime) {
  return subcommand(runtime, 'subscribers', 'confirm', {
    summary: 'confirm an e-mail subscriber, so that only you can end it',
    description:
      'LINK is the link "Confirm subscription" in the e-mail from SNS. Copy it instead of opening it, and quote it. After this command, the unsubscribe link of each e-mail asks for a sign-in to AWS, so a reader or a mail scanner cannot end the subscription. The link is valid for two days.',
    examples: [
      [
        "team 'https://sns.us-east-1.amazonaws.com/confirmation.html?TopicArn=...&Token=...' --stage prod",
        'the link, in quotes',
      ],
    ],
  })
    .argument('<name>', 'name of the subscriber')
    .argument('<link>', 'link of the e-mail from SNS, in quotes')
    .action((name, link, _, command) =>
      withStack(runtime, stackOptionsOf(command), async (stack, output) => {
        await confirmSubscription(stack, stack.subscriber(name), link, output);
      }),
    );
}

/** https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html */
async function confirmSubscription(
  stack: Stack,
  { name, kind, topic: TopicArn }: DeployedSubscriber,
  link: string,
  output: Output,
): Promise<void> {
  if (kind !== 'email')
    throw usageError(`${name} is of the kind ${kind}, and only email is confirmed.`);
  if (stack.isLocal)
    throw usageError('The local stack sends no e-mail, so there is nothing to confirm.');
  const { searchParams } = URL.parse(link) ?? {};
  const Token = searchParams?.get('Token');
  if (!Token) {
    throw usageError(
      'This link does not confirm a subscription: it has no Token.',
      'Copy the whole link of "Confirm subscription" in the e-mail, and put it in quotes.',
    );
  }
  if (searchParams?.get('TopicArn') !== TopicArn) {
    throw usageError(
      `The link is for another subscription: the topic of ${name} is ${TopicArn}.`,
      'Take the newest e-mail, and name the subscriber and the stage that it is for.',
    );
  }
  const sns = await stack.clients.sns();
  const { SubscriptionArn: subscription } = await sns.confirmSubscription(
    { TopicArn, Token, AuthenticateOnUnsubscribe: 'true' },
    { abortSignal: output.signal },
  );
  if (output.isJson) return output.json({ subscriber: name, subscription });
  await output.text(`${name} is confirmed. The link to unsubscribe now asks for a sign-in to AWS.`);
}
