import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import {
  MESSAGE_FORMATS,
  type MessageFormat,
  notificationsIn,
} from '../../../lib/messages/notification.ts';
import { positionText } from '../../archive/archive-query.ts';
import { newReplayId, type Replay, ReplayTally } from '../../archive/replay.ts';
import { CliError, EXIT, usageError } from '../cli-error.ts';
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
import type { Output } from '../output.ts';
import {
  type ReplayTarget,
  replayOrExplain,
  replayTarget,
  type Selection,
  select,
} from '../replay-messages.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';

const DEFAULT_RATE = 50;
/** More than this, and a person has to say so. */
const ASKS_ABOVE = 100;

/** `inbound-sms replay` */
export function replayCommand(runtime: Runtime) {
  return rangeCommand(runtime, 'replay', {
    summary: 'publish stored messages again',
    description:
      'Every subscriber gets them again, the oldest first, unchanged, except for an added attribute `replay` with the id of this run. What is stored is not changed. Messages that were never published are left to the sweeper.\nIt asks before it publishes more than 100. When it is stopped or fails, it prints with which options it goes on; at most the last 10 messages are then published twice.\nWith --subscriber, only that one gets them. Its filter is not applied: choose with --from and --to.',
    examples: [
      ['297abf7f-99d9-4b7d-9c46-1d7c13687b11 --stage prod', 'one message'],
      ['--stage prod --since yesterday --until yesterday --dry-run', 'what a day would be'],
      ['--stage prod --since 2h --to +61400000002 --rate 5', 'two hours of one number, slowly'],
      ['--stage prod --since 2h --subscriber crm', 'two hours, for one subscriber'],
    ],
  })
    .argument('[ids...]', 'message_id of each message; without any, those that the options name')
    .addOption(topicOption())
    .addOption(fromOption())
    .addOption(
      toOption("sent to this number of yours; or a subscriber's name, as for --subscriber"),
    )
    .option('--subscriber <name>', 'only this subscriber gets them')
    .option('--dry-run', 'publish nothing: say what would be published')
    .option('--rate <count>', 'messages a second, at most', wholeNumber, DEFAULT_RATE)
    .option('--yes', `do not ask, however many they are (without it: above ${ASKS_ABOVE})`)
    .addOption(afterOption())
    .option('--replay-id <id>', 'go on with the id of a run that ended', parseReplayId)
    .addOption(
      new Option('--format <format>', 'what is published (as the stack does)').choices(
        MESSAGE_FORMATS,
      ),
    )
    .action((ids, options) =>
      withStack(runtime, options, async (stack, output) => {
        const { from, dryRun: isDryRun = false, rate, yes, after, format, replayId } = options;
        if (options.topicArn && !options.table)
          throw usageError('--topic-arn goes with --table only.');
        const { subscriber, to } = recipientOf(stack, options);
        const { since, until } = rangeOf(options);
        if (ids.length > 0 && (since ?? until ?? from ?? to) !== undefined) {
          throw usageError('Name messages by their ids, or by --since, --until, --from and --to.');
        }
        const isUnnamed = ids.length === 0 && (since ?? until ?? from ?? to ?? after) === undefined;
        if (stack.isTableOnly) checkTableOptions(stack, options, isUnnamed);
        if (isUnnamed) {
          throw usageError('It needs to know which: ids, or --since, --until, --from or --to.');
        }
        const toNotification = notificationsIn(messageFormatOf(stack, format));
        // What arrives from now on is published as it arrives.
        const end = Math.min(until ?? Number.POSITIVE_INFINITY, Date.now());
        const numbers = await exactNumbersOf({ from, to }, stack);
        const query = { since, ...numbers, until: end, after };
        const target = replayTarget(stack, subscriber);
        const selection = await select(stack, output, ids, query);
        if (!isDryRun && !yes && selection.total > ASKS_ABOVE) {
          const what = `${messagesText(selection.total)} will be published again, to ${target.audience}.`;
          await confirm(runtime, what);
        }
        const replay = {
          id: replayId ?? newReplayId(),
          toNotification,
          topic: isDryRun ? undefined : await target.open(),
          rate,
          tally: new ReplayTally(),
          signal: runtime.signal,
        };
        await run(stack, replay, target, selection, output, ids.length > 0 ? undefined : end);
      }),
    );
}

/** No number looks like it, and each subscriber does. */
const NAME = /^[a-z][a-z0-9-]*$/;

/**
 * Who gets the messages: all without `subscriber`. `--to` may name a number, which chooses messages, or a
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
      'Name one. Run it once for each of several.',
    );
  }
  if (subscriber !== undefined) return { subscriber: stack.subscriber(subscriber), to };
  if (to === undefined || !NAME.test(to)) return { subscriber: undefined, to };
  return { subscriber: stack.subscriber(to), to: undefined };
}

/** @param end The end of the range, epoch ms, with which it goes on. */
async function run(
  stack: Stack,
  replay: Omit<Replay, 'messages' | 'onMessage'>,
  target: ReplayTarget,
  { total, messages }: Selection,
  output: Output,
  end: number | undefined,
): Promise<void> {
  const { id, tally, topic } = replay;
  const until = end === undefined ? undefined : new Date(end).toISOString();
  const dry_run = topic === undefined;
  const progress = output.progress(dry_run ? 'Reading' : 'Publishing');
  const onMessage: Replay['onMessage'] = async ({ message_id, received_at }, outcome) => {
    progress.update(tally.done / Math.max(1, total), `${tally.done} of ${total}`);
    if (output.isJson) await output.json({ message_id, received_at, outcome, dry_run });
    else if (outcome === 'refused') output.note(`${target.service} refuses ${message_id}.`);
  };
  let isDone = false;
  try {
    await replayOrExplain({ ...replay, messages, onMessage }, target, stack);
    isDone = true;
  } finally {
    progress[Symbol.dispose]();
    const { counts, after, uncertain } = tally;
    const position = after && positionText(after);
    const sum = { replay: id, dry_run, ...counts, uncertain, done: isDone, after: position, until };
    const reported = output.isJson
      ? output.json(sum)
      : output.text(sumText(id, dry_run, tally, target));
    // Its reader may have gone, which must not hide why it ended.
    await reported.catch(() => {});
    if (!isDone && position && !dry_run) {
      const range = until ? ` --until ${until}` : '';
      output.note(`To go on, add: --after ${position} --replay-id ${id}${range}`);
    }
  }
  if (tally.counts.refused > 0) {
    throw new CliError(
      EXIT.failed,
      `${target.service} refused ${messagesText(tally.counts.refused)}.`,
    );
  }
}

function sumText(
  replay: string,
  isDryRun: boolean,
  { counts, uncertain }: ReplayTally,
  { subscriber }: ReplayTarget,
): string {
  const again = subscriber === undefined ? 'published again' : `sent to ${subscriber} again`;
  const verb = isDryRun ? `would be ${again}.` : `${again}, as replay ${replay}.`;
  const lines = [
    `${messagesText(counts.published)} ${verb}`,
    counts.pending > 0 && `${messagesText(counts.pending)} not published yet: left to the sweeper.`,
    uncertain > 0 && `${messagesText(uncertain)} may be published: their batch was not finished.`,
  ];
  return lines.filter(Boolean).join('\n');
}

interface TableOptions {
  readonly topicArn?: string | undefined;
  readonly format?: MessageFormat | undefined;
  readonly dryRun?: true | undefined;
}

/** Only a table has no topic of its own. */
const topicOption = () =>
  new Option('--topic-arn <arn>', 'with --table: the topic to publish to').argParser(parseTopicArn);

/** @throws {CliError} It names all at once that a stack would say and a table does not. */
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
  if (missing.length > 0) throw usageError('With --table, name also:', missing.join('\n'));
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

function parseReplayId(text: string): string {
  if (/^[\x21-\x7e]{1,100}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 100 visible ASCII characters.');
}
