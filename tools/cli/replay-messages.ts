import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { MessageTopic } from '../../lib/messages/ports.ts';
import { type ArchiveQuery, positionText } from '../archive/archive-query.ts';
import { MessageNotStored, selectByIds } from '../archive/message-ids.ts';
import {
  NO_TOPIC,
  type Replay,
  ReplayFailed,
  type ReplayTally,
  replayMessages,
} from '../archive/replay.ts';
import type { DeployedSubscriber } from '../shared/subscriber-outputs.ts';
import { CliError, EXIT } from './cli-error.ts';
import { explainError } from './explain-error.ts';
import { messagesText } from './message-columns.ts';
import type { Output } from './output.ts';
import type { Stack } from './stack.ts';

/** Messages a second by default. */
export const REPLAY_RATE = 50;
/** Above this number, a person must confirm. */
export const REPLAY_ASKS_ABOVE = 100;

/** Messages to go through, the oldest first. */
export interface Selection {
  /** The number at the start. Some may be deleted meanwhile. */
  readonly total: number;
  readonly messages: Replay['messages'];
}

/**
 * The messages with these ids or, without ids, the messages of the query. Counting them reads the index, not the
 * messages.
 *
 * @throws {CliError} If one of the ids is not stored.
 */
export async function select(
  stack: Stack,
  output: Output,
  ids: readonly string[],
  query: Omit<ArchiveQuery, 'isPending'>,
): Promise<Selection> {
  const { signal } = output;
  const archive = await stack.archive();
  if (ids.length > 0) {
    const found = selectByIds(archive, ids, query.after, { signal });
    const messages = await found.catch((error: unknown) => {
      if (!(error instanceof MessageNotStored)) throw error;
      throw new CliError(EXIT.notFound, `${error.message} Nothing was done.`);
    });
    return { total: messages.length, messages };
  }
  const ordered = { ...query, order: 'oldest-first' } as const;
  using progress = output.progress('Counting');
  let total = 0;
  for await (const _ of archive.listKeys(ordered, { signal })) {
    progress.update(undefined, String(++total));
  }
  return { total, messages: archive.list(ordered, { signal }) };
}

/** The destination of a replay. */
export interface ReplayTarget {
  /** The name of the only subscriber that gets them. */
  readonly subscriber?: string;
  /** For people: who gets the messages. */
  readonly audience: string;
  /** The service that gets the messages. */
  readonly service: 'SNS' | 'SQS';
  /** As people know it: `topic ARN`, `queue URL`. */
  readonly place: string;
  open(): Promise<MessageTopic>;
}

/** @param subscriber The only one that gets the messages. Without it, all get them. */
export function replayTarget(
  stack: Stack,
  subscriber: DeployedSubscriber | undefined,
): ReplayTarget {
  if (!subscriber) {
    return {
      audience: `every subscriber of ${stack.topicArn}`,
      service: 'SNS',
      place: `topic ${stack.topicArn}`,
      open: () => stack.topic(),
    };
  }
  const { name, queue } = subscriber;
  return {
    subscriber: name,
    audience: `the subscriber ${name} only`,
    service: 'SQS',
    place: `queue ${queue}`,
    async open() {
      const { SubscriberQueue } = await import('../archive/subscriber-queue.ts');
      return new SubscriberQueue(await stack.clients.sqs(), queue);
    },
  };
}

/**
 * Publishes messages again: see tools/archive/replay.ts.
 *
 * @throws {CliError} If SNS or SQS keeps failing.
 */
export async function replayOrExplain(
  replay: Replay,
  { service, place }: Pick<ReplayTarget, 'service' | 'place'>,
  { isTableOnly }: Pick<Stack, 'isTableOnly'>,
): Promise<void> {
  try {
    await replayMessages(replay);
  } catch (error) {
    if (!(error instanceof ReplayFailed)) throw error;
    const { reason } = error;
    if (NO_TOPIC.test(reason)) {
      const hint = isTableOnly
        ? 'Check --topic-arn.'
        : 'Somebody has deleted it: docs/operations.md#changed-by-hand';
      throw new CliError(EXIT.notFound, `There is no ${place}.`, hint);
    }
    // The topic hands over the names of errors only.
    const call = service === 'SNS' ? 'sns:Publish' : 'sqs:SendMessage';
    const named = Object.assign(new Error(`${call} failed (${reason})`), { name: reason });
    const message = `${service} does not take the messages: ${reason}`;
    throw explainError(named) ?? new CliError(EXIT.failed, message, 'Try again later.');
  }
}

/**
 * Publishes messages again and reports: the id first, each message with `--json`, the progress, the sum, and how
 * to continue if it ends early.
 *
 * @param end The end of the range, epoch ms. A continued run uses the same.
 * @throws {CliError} If a message was refused, or SNS or SQS keeps failing.
 */
export async function runReplay(
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
  if (!dry_run && total > 0) {
    output.note(
      `Replay ${id} begins. If it is killed, add or replace: ${optionsToGoOn(tally, id, until)}`,
    );
  }
  const progress = output.progress(dry_run ? 'Reading' : 'Publishing');
  const onMessage: Replay['onMessage'] = async ({ message_id, received_at }, outcome) => {
    progress.update(tally.done / Math.max(1, total), `${tally.done} of ${total}`);
    if (output.isJson) await output.json({ message_id, received_at, outcome, replay: id, dry_run });
    else if (outcome === 'refused') output.note(`${target.service} refused ${message_id}.`);
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
    // If the reader of stdout is gone, that must not hide the first error.
    await reported.catch(() => {});
    if (!isDone && !dry_run) {
      output.note(`To continue, add or replace: ${optionsToGoOn(tally, id, until)}`);
    }
  }
  if (tally.counts.refused > 0) {
    throw new CliError(
      EXIT.failed,
      `${target.service} refused ${messagesText(tally.counts.refused)}.`,
      'The other messages were published.',
    );
  }
}

/** The options with which the same command continues under the same id. */
function optionsToGoOn({ after }: ReplayTally, id: string, until: string | undefined): string {
  const options = [
    after && `--after ${positionText(after)}`,
    `--replay-id ${id}`,
    until && `--until ${until}`,
  ];
  return options.filter(Boolean).join(' ');
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
    uncertain > 0 &&
      `${messagesText(uncertain)} may be published or not: their batch was not finished.`,
  ];
  return lines.filter(Boolean).join('\n');
}

/** @throws {InvalidArgumentError} For the parser to say. */
export function parseReplayId(text: string): string {
  if (/^[\x21-\x7e]{1,100}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 100 visible ASCII characters.');
}
