import { notificationsIn } from '../../../lib/messages/notification.ts';
import type { KnownSubscriber } from '../../archive/addressees.ts';
import { queueCounts } from '../../archive/dead-letters.ts';
import { inBatches } from '../../archive/pacing.ts';
import {
  type Lacking,
  lackingMessages,
  type OtherSide,
  type Range,
  RECENT_MS,
  ReconciliationTally,
  unknownIds,
} from '../../archive/reconciliation.ts';
import { newReplayId, ReplayTally } from '../../archive/replay.ts';
import type { DeployedSubscriber } from '../../shared/subscriber-outputs.ts';
import { printable, printableLine } from '../../shared/terminal-text.ts';
import { firstReceivedFor, knownSubscriber } from '../addressees.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { withStack } from '../command.ts';
import { confirm } from '../confirm.ts';
import { columnsOf, messagesText } from '../message-columns.ts';
import {
  afterOption,
  messageFormatOf,
  rangeCommand,
  rangeOf,
  wholeNumber,
} from '../message-options.ts';
import type { Output } from '../output.ts';
import { readReceivedIds } from '../received-ids.ts';
import { checkLedger, checkOptions, questionOf } from '../reconcile-checks.ts';
import {
  parseReplayId,
  REPLAY_ASKS_ABOVE,
  REPLAY_RATE,
  replayTarget,
  runReplay,
} from '../replay-messages.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';
import { localTime } from '../times.ts';

const PORTION = 50;

/** `inbound-sms reconcile` */
export function reconcileCommand(runtime: Runtime) {
  return rangeCommand(runtime, 'reconcile', {
    summary: 'find messages that the other side lacks, and send only those',
    description:
      'Compares the stored messages of a range with what the other side has: by a list of its message_ids, or by the delivery marks of a subscriber. It lists messages that are missing, messages that are on the way, and ids that are not stored here. Give as --until the time when the list was made: later messages are not in it.\nA message is on the way if it is not published yet, was published or delivered in the last 5 minutes, is tried again, or may be in the queue of the subscriber. A message that the filter leaves out, or that was published before the subscription, is not missing. A subscriber of the kind queue has no marks, so it needs --ids.\nWithout --replay nothing is sent, and the exit code is 1 if a message is missing. With --replay the missing messages go to the queue of that subscriber only, the oldest first. With --ids, --replay needs --since and --until. If it is stopped or fails, it prints the options that continue.',
    examples: [
      [
        '--subscriber crm --since 7d --stage prod',
        'messages that crm lacks, by the delivery marks',
      ],
      [
        '--ids crm-ids.txt --subscriber crm --since 2026-11-01 --stage prod',
        'messages that crm lacks, by its own list',
      ],
      [
        '--ids crm-ids.txt --subscriber crm --since 2026-11-01 --until 9:00 --replay --stage prod',
        'the same, and send them to crm',
      ],
      ['--ids - --since yesterday --until yesterday --stage prod < ids.txt', 'a list from stdin'],
    ],
  })
    .option(
      '--ids <file>',
      'message_ids that the other side has, as lines, JSON Lines or CSV; - is stdin',
    )
    .option('--subscriber <name>', 'compare with this subscriber')
    .option('--replay', 'send the missing messages to the subscriber')
    .option(
      '--rate <count>',
      'with --replay: send at most this many messages a second',
      wholeNumber,
      REPLAY_RATE,
    )
    .option(
      '--yes',
      `with --replay: do not ask before more than ${REPLAY_ASKS_ABOVE} messages, with a list that has no message of the range, or with a queue that is not empty`,
    )
    .addOption(afterOption())
    .option(
      '--replay-id <id>',
      'with --replay: use the id of an earlier run, to continue it',
      parseReplayId,
    )
    .action((options, command) =>
      withStack(runtime, options, async (stack, output) => {
        runtime.goOnUnread();
        checkOptions(options, command);
        const { ids: file, subscriber: name, after } = options;
        const subscriber = name === undefined ? undefined : stack.subscriber(name);
        checkLedger(subscriber, file);
        const now = Date.now();
        const { since = 0, until = now } = rangeOf(options);
        const ids = file === undefined ? undefined : await readReceivedIds(file, runtime);
        if (ids?.size === 0) output.note('The list is empty, so the other side has no message.');
        const side = { ...(await subscriberOf(stack, subscriber, output.signal)), ids };
        const first = side.subscriber ? firstReceivedFor(side.subscriber) : 0;
        const range = { since: Math.max(since, first), until: Math.min(until, now), after };
        const work = { stack, output, side, range, now };
        const tally = await compare(work);
        await report(work, tally);
        if (tally.missing === 0) return;
        if (!options.replay || !subscriber) throw missingError(work, tally);
        const question = questionOf(side, tally);
        if (question && !options.yes) await confirm(runtime, question);
        await replayMissing(work, tally, subscriber, options);
      }),
    );
}

async function subscriberOf(
  stack: Stack,
  subscriber: DeployedSubscriber | undefined,
  signal: AbortSignal,
): Promise<Pick<OtherSide, 'subscriber' | 'waiting'>> {
  if (!subscriber) return { waiting: 0 };
  const sqs = await stack.clients.sqs();
  // Counted before the messages are read: a message that leaves the queue meanwhile has its mark by then.
  const { visible, hidden } = await queueCounts(sqs, subscriber.queue, signal);
  return {
    subscriber: await knownSubscriber(stack, subscriber, signal),
    waiting: visible + hidden,
  };
}

/** The input of the comparison and of the replay. */
interface Work {
  readonly stack: Stack;
  readonly output: Output;
  readonly side: OtherSide;
  readonly range: Range;
  /** Epoch ms, the same for all messages. */
  readonly now: number;
}

/** Lists the messages that are missing or on the way, and the ids that are not stored here. */
async function compare({ stack, output, side, range, now }: Work): Promise<ReconciliationTally> {
  const { signal } = output;
  const archive = await stack.archive();
  const tally = new ReconciliationTally();
  const table = output.table([
    { title: 'STATE', width: 10 },
    ...columnsOf(['received_at', 'message_id']),
    { title: 'WHY' },
  ]);
  using progress = output.progress('Comparing');
  const onCompared = () => progress.update(undefined, String(tally.compared));
  const lacking = lackingMessages(archive, range, side, tally, { now, signal, onCompared });
  for await (const portion of inBatches(lacking, PORTION)) {
    progress.clear();
    if (output.isJson) for (const each of portion) await output.json(lackingJson(each));
    else await table.write(portion.map((each) => lackingRow(each, output)));
  }
  if (!side.ids) return tally;
  const unknown = unknownIds(archive, range, side.ids, tally, { signal });
  for await (const portion of inBatches(unknown, PORTION)) {
    progress.clear();
    if (output.isJson) {
      for (const message_id of portion) await output.json({ message_id, state: 'unknown' });
    } else {
      const row = (id: string) => ['unknown', '', printable(id), 'expired, or never received'];
      await table.write(portion.map(row));
    }
  }
  return tally;
}

const WHY: Readonly<Record<Lacking['standing']['why'], string>> = {
  unpublished: 'not published yet',
  recent: `published or delivered in the last ${RECENT_MS / 60_000} minutes`,
  failing: 'tried again',
  'replay-failing': 'a replay is tried again',
  queued: 'may be in its queue',
  published: 'published',
  accepted: 'accepted, and not in the list',
  dead: 'given up',
  failed: 'failed, and not in its queue',
  unmarked: 'no delivery is known, and not in its queue',
};

function lackingRow({ message, standing }: Lacking, output: Output) {
  const { state, why, reason } = standing;
  const isMissing = state === 'missing';
  return [
    output.style(isMissing ? 'red' : 'yellow', isMissing ? state : 'on the way'),
    localTime(message.received_at),
    printable(message.message_id),
    reason === undefined ? WHY[why] : `${WHY[why]} (${printableLine(reason)})`,
  ];
}

function lackingJson({ message: { message_id, received_at }, standing }: Lacking) {
  return { message_id, received_at, ...standing };
}

async function report({ output, side, range }: Work, tally: ReconciliationTally): Promise<void> {
  const { subscriber, waiting, ids } = side;
  const { both, missing, onTheWay, filtered, beforeIt, outside, unknown } = tally;
  const { since, until } = range;
  if (output.isJson) {
    const counts = { both, missing, on_the_way: onTheWay, filtered, before_it: beforeIt };
    return output.json({
      ...{ subscriber: subscriber?.name ?? null, since, until, listed: ids?.size ?? null },
      ...{ ...counts, outside, unknown, waiting: subscriber ? waiting : null },
    });
  }
  const name = subscriber?.name;
  const lines = [
    `${messagesText(both)} ${ids ? 'on both sides' : `delivered to ${name}, by the marks`}.`,
    `${messagesText(missing)} missing.`,
    onTheWay > 0 && `${messagesText(onTheWay)} on the way: not missing, and not sent again.`,
    filtered > 0 && `${messagesText(filtered)} not for ${name}: its filter leaves them out.`,
    beforeIt > 0 && `${messagesText(beforeIt)} not for ${name}: published before it subscribed.`,
    outside > 0 && `${messagesText(outside)} of the list stored, and not in the range.`,
    unknown > 0 &&
      `${messagesText(unknown)} of the list not stored here: expired, or never received.`,
    ...subscriberNotes(subscriber, side.waiting),
  ];
  for (const line of lines) if (line) output.note(line);
}

function subscriberNotes(subscriber: KnownSubscriber | undefined, waiting: number): string[] {
  if (!subscriber) return [];
  const { name, createdAt } = subscriber;
  const since = createdAt ? [`${name} was created at ${localTime(createdAt)}.`] : [];
  const queue = `About ${messagesText(waiting)} in the queue of ${name}, and SQS does not tell which. Run this again when the queue is empty.`;
  return [...since, ...(waiting > 0 ? [queue] : [])];
}

function missingError({ side, stack }: Work, { missing }: ReconciliationTally): CliError {
  const { subscriber } = side;
  const toSend = subscriber
    ? `To send them to ${subscriber.name} only, add --replay.`
    : 'To send them to one subscriber only, add --subscriber NAME and --replay.';
  return new CliError(
    EXIT.failed,
    `${subscriber?.name ?? 'The other side'} lacks ${messagesText(missing)}. Nothing was sent.`,
    stack.isTableOnly ? '' : toSend,
  );
}

/** Reads the range again, because the missing messages are not kept in memory. */
async function replayMissing(
  { stack, output, side, range, now }: Work,
  { missing: total }: ReconciliationTally,
  subscriber: DeployedSubscriber,
  { rate, replayId }: { readonly rate: number; readonly replayId?: string | undefined },
): Promise<void> {
  const { signal } = output;
  const archive = await stack.archive();
  const again = lackingMessages(archive, range, side, new ReconciliationTally(), { now, signal });
  const messages = (async function* () {
    for await (const { message, standing } of again) {
      if (standing.state === 'missing') yield message;
    }
  })();
  const target = replayTarget(stack, subscriber);
  const replay = {
    id: replayId ?? newReplayId(),
    toNotification: notificationsIn(messageFormatOf(stack, undefined)),
    topic: await target.open(),
    rate,
    tally: new ReplayTally(range.after),
    signal,
  };
  await runReplay(stack, replay, target, { total, messages }, output, range.until);
}
