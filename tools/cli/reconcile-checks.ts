import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { OtherSide, ReconciliationTally } from '../archive/reconciliation.ts';
import type { DeployedSubscriber } from '../shared/subscriber-outputs.ts';
import { usageError } from './cli-error.ts';
import { messagesText } from './message-columns.ts';
import { REPLAY_ASKS_ABOVE } from './replay-messages.ts';

/** The options of `reconcile` that depend on each other. */
interface Options {
  readonly ids?: string | undefined;
  readonly subscriber?: string | undefined;
  readonly replay?: true | undefined;
  readonly since?: unknown;
  readonly until?: unknown;
  readonly after?: unknown;
}

/** Without --replay they would have no effect. */
const OF_REPLAY = { rate: '--rate', yes: '--yes', replayId: '--replay-id' };

/** @throws {CliError} If an option lacks another one. */
export function checkOptions(
  { ids, subscriber, replay, since, until, after }: Options,
  command: Pick<CommandUnknownOpts, 'getOptionValueSource'>,
): void {
  if (ids === undefined && subscriber === undefined) {
    throw usageError('Nothing to compare with: give --ids FILE, --subscriber NAME, or both.');
  }
  if (!replay) {
    for (const [name, option] of Object.entries(OF_REPLAY)) {
      if (command.getOptionValueSource(name) === 'cli') {
        throw usageError(`${option} needs --replay.`);
      }
    }
    return;
  }
  if (subscriber === undefined) throw usageError('--replay needs --subscriber NAME.');
  if (ids === undefined) return;
  const absent = [
    since === undefined && after === undefined && '--since, from which it is complete',
    until === undefined && '--until, when it was made',
  ].filter((each) => each !== false);
  if (absent.length === 0) return;
  throw usageError(
    `With --replay, give the time that the list covers: ${absent.join('; ')}.`,
    'Messages of another time would count as missing, and would be sent again.',
  );
}

/** @throws {CliError} If there is no list, and the subscriber has no delivery marks. */
export function checkLedger(
  subscriber: DeployedSubscriber | undefined,
  ids: string | undefined,
): void {
  if (ids !== undefined || subscriber?.kind !== 'queue') return;
  throw usageError(
    `${subscriber.name} is a queue of your own: only your code knows what it has handled.`,
    'Give the message_ids that it has: --ids FILE.',
  );
}

/** The question before the missing messages are sent. Nothing if no confirmation is needed. */
export function questionOf(
  { ids, waiting, subscriber }: OtherSide,
  { missing, both }: ReconciliationTally,
): string | undefined {
  const name = subscriber?.name;
  const reasons = [
    ids?.size === 0 && 'The list is empty, so everything in the range counts as missing.',
    ids !== undefined &&
      ids.size > 0 &&
      both === 0 &&
      'The list has no message of the range, so everything in it counts as missing.',
    waiting > 0 &&
      `About ${messagesText(waiting)} in the queue of ${name}: a replay may be under way, and what it sends would be sent twice.`,
  ].filter((each) => each !== false);
  if (reasons.length === 0 && missing <= REPLAY_ASKS_ABOVE) return undefined;
  return [`${messagesText(missing)} will be sent to ${name} only.`, ...reasons].join(' ');
}
