import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import {
  MESSAGE_FORMATS,
  type MessageFormat,
  notificationsIn,
} from '../../../lib/messages/notification.ts';
import { newReplayId, ReplayTally } from '../../archive/replay.ts';
import { usageError } from '../cli-error.ts';
import { withStack } from '../command.ts';
import { confirm } from '../confirm.ts';
import { messagesText } from '../message-columns.ts';
import {
  afterOption,
  exactNumbersOf,
  fromOption,
  messageFormatOf,
  rangeCommand,
  rangeOf,
  toOption,
  wholeNumber,
} from '../message-options.ts';
import {
  parseReplayId,
  REPLAY_ASKS_ABOVE,
  REPLAY_RATE,
  replayTarget,
  runReplay,
  select,
} from '../replay-messages.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';

/** `inbound-sms replay` */
export function replayCommand(runtime: Runtime) {
  return rangeCommand(runtime, 'replay', {
    summary: 'publish stored messages again',
    description:
      'Every subscriber gets the messages again, the oldest first and unchanged, with an added attribute `replay` that has the id of this run. The stored messages are not changed. Messages that were never published are left to the sweeper.\nWith --subscriber, only this subscriber gets them. Its filter does not apply: choose with --from and --to.\nBefore the first message it prints the id of the run. If it is stopped or fails, it prints the options that continue. At most 10 messages are then published twice.',
    examples: [
      ['297abf7f-99d9-4b7d-9c46-1d7c13687b11 --stage prod', 'one message'],
      ['--stage prod --since yesterday --until yesterday --dry-run', 'how many messages a day has'],
      ['--stage prod --since 2h --to +61400000002 --rate 5', 'two hours of one number, slowly'],
      ['--stage prod --since 2h --subscriber crm', 'two hours, for one subscriber'],
    ],
  })
    .argument('[ids...]', 'message_id of each message; without ids, the options select messages')
    .addOption(topicOption())
    .addOption(fromOption())
    .addOption(
      toOption('sent to this number of yours; a subscriber name means the same as --subscriber'),
    )
    .option('--subscriber <name>', 'send them to this subscriber only')
    .option('--dry-run', 'publish nothing; show how many messages would be published')
    .option('--rate <count>', 'publish at most this many a second', wholeNumber, REPLAY_RATE)
    .option('--yes', `do not ask before more than ${REPLAY_ASKS_ABOVE} messages`)
    .addOption(afterOption())
    .option('--replay-id <id>', 'use the id of an earlier run, to continue it', parseReplayId)
    .addOption(
      new Option('--format <format>', 'format of messages, if the stack does not tell').choices(
        MESSAGE_FORMATS,
      ),
    )
    .action((ids, options) =>
      withStack(runtime, options, async (stack, output) => {
        const { from, dryRun: isDryRun = false, rate, yes, after, format, replayId } = options;
        if (options.topicArn && !options.table) throw usageError('--topic-arn needs --table.');
        if (!isDryRun) runtime.goOnUnread();
        const { subscriber, to } = recipientOf(stack, options);
        const { since, until } = rangeOf(options);
        if (ids.length > 0 && (since ?? until ?? from ?? to) !== undefined) {
          throw usageError('Give ids, or --since, --until, --from and --to, but not both.');
        }
        const isUnnamed = ids.length === 0 && (since ?? until ?? from ?? to ?? after) === undefined;
        if (stack.isTableOnly) checkTableOptions(stack, options, isUnnamed);
        if (isUnnamed) {
          throw usageError('No messages are named: give ids, or --since, --until, --from or --to.');
        }
        const toNotification = notificationsIn(messageFormatOf(stack, format));
        // The webhook publishes messages that arrive from now on.
        const end = Math.min(until ?? Number.POSITIVE_INFINITY, Date.now());
        const numbers = await exactNumbersOf({ from, to }, stack);
        const query = { since, ...numbers, until: end, after };
        const target = replayTarget(stack, subscriber);
        const selection = await select(stack, output, ids, query);
        if (!isDryRun && !yes && selection.total > REPLAY_ASKS_ABOVE) {
          const what = `${messagesText(selection.total)} will be published again, to ${target.audience}.`;
          await confirm(runtime, what);
        }
        const replay = {
          id: replayId ?? newReplayId(),
          toNotification,
          topic: isDryRun ? undefined : await target.open(),
          rate,
          tally: new ReplayTally(after),
          signal: runtime.signal,
        };
        await runReplay(stack, replay, target, selection, output, ids.length > 0 ? undefined : end);
      }),
    );
}

/** Each subscriber's name matches it, and no number does. */
const NAME = /^[a-z][a-z0-9-]*$/;

/**
 * The subscriber that gets the messages, or all. `--to` names either a number, which selects messages, or a
 * subscriber.
 *
 * @throws {CliError} If there is no such subscriber, or if both name one.
 */
function recipientOf(
  stack: Pick<Stack, 'subscriber' | 'isTableOnly'>,
  options: { readonly to?: string | undefined; readonly subscriber?: string | undefined },
) {
  const { to, subscriber } = options;
  if (subscriber !== undefined && to !== undefined && NAME.test(to)) {
    throw usageError(
      `--to ${to} and --subscriber ${subscriber} both name a subscriber.`,
      'Name one. For several subscribers, run it once for each.',
    );
  }
  if (subscriber !== undefined) return { subscriber: stack.subscriber(subscriber), to };
  if (to === undefined || !NAME.test(to)) return { subscriber: undefined, to };
  return { subscriber: stack.subscriber(to), to: undefined };
}

interface TableOptions {
  readonly topicArn?: string | undefined;
  readonly format?: MessageFormat | undefined;
  readonly dryRun?: true | undefined;
}

/** A stack names its topic. A table does not. */
const topicOption = () =>
  new Option('--topic-arn <arn>', 'with --table: topic to publish to').argParser(parseTopicArn);

/** @throws {CliError} Names at once everything that a stack would tell and a table does not. */
function checkTableOptions(
  { region }: Pick<Stack, 'region'>,
  { topicArn, format, dryRun }: TableOptions,
  isUnnamed: boolean,
): void {
  const missing = [
    isUnnamed && 'messages: ids, or --since, --until, --from or --to',
    !topicArn && !dryRun && 'the topic to publish to: --topic-arn',
    !format && `the format to publish in: --format ${MESSAGE_FORMATS.join(' or ')}`,
  ].filter((each) => each !== false);
  if (missing.length > 0) throw usageError('With --table, also give:', missing.join('\n'));
  const topicRegion = topicArn?.split(':')[3] ?? region;
  if (topicRegion !== region) {
    throw usageError(
      `The topic is in ${topicRegion}, the table in ${region}.`,
      `Name a topic in ${region}.`,
    );
  }
}

/** @throws {InvalidArgumentError} For the parser to say. */
function parseTopicArn(text: string): string {
  if (/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+(\.fifo)?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the ARN of an SNS topic.');
}
