import { type Replay, ReplayFailed, replayMessages } from '../archive/replay.ts';
import { CliError, EXIT } from './cli-error.ts';
import { explainError } from './explain-error.ts';
import type { Stack } from './stack.ts';

/**
 * Publishes messages again: see tools/archive/replay.ts.
 *
 * @throws {CliError} If SNS keeps failing.
 */
export async function replayOrExplain(
  replay: Replay,
  stack: Pick<Stack, 'topicArn' | 'isTableOnly'>,
): Promise<void> {
  try {
    await replayMessages(replay);
  } catch (error) {
    throw error instanceof ReplayFailed ? explained(error, stack) : error;
  }
}

/** The topic hands over the names of errors only. */
function explained(
  { reason, message }: ReplayFailed,
  stack: Pick<Stack, 'topicArn' | 'isTableOnly'>,
): CliError {
  if (reason.startsWith('NotFound')) {
    const hint = stack.isTableOnly
      ? 'Check --topic-arn.'
      : 'Was it deleted? Deploy the stack again.';
    return new CliError(EXIT.notFound, `There is no topic ${stack.topicArn}.`, hint);
  }
  const named = Object.assign(new Error(`sns:Publish failed (${reason})`), { name: reason });
  return explainError(named) ?? new CliError(EXIT.failed, message, 'Try again later.');
}
