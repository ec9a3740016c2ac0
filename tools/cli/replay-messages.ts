import { type Replay, ReplayFailed, replayMessages } from '../archive/replay.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';
import { explainError } from './explain-error.ts';

/**
 * Publishes messages again: see tools/archive/replay.ts.
 *
 * @throws {CliError} If SNS keeps failing.
 */
export async function replayOrExplain(replay: Replay): Promise<void> {
  try {
    await replayMessages(replay);
  } catch (error) {
    throw error instanceof ReplayFailed ? explained(error) : error;
  }
}

/** The topic hands over the names of errors only. */
function explained({ reason, message }: ReplayFailed): CliError {
  const named = Object.assign(new Error(`sns:Publish failed (${reason})`), { name: reason });
  return explainError(named) ?? new CliError(EXIT.failed, message, 'Try again later.');
}
