import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';

/** AWS takes signatures that are at most this old; some services are more patient. */
const TOLERANCE_MS = 5 * 60_000;

/** The SDK corrects itself by the date of an answer, and tries again. This is for when that does not help. */
const CODES = /^(RequestExpired|RequestInTheFuture|RequestTimeTooSkewed)$/;
const MAY_BE_THE_CLOCK = /Signature|^AuthFailure$/;
const MESSAGES = /^Signature (expired|not yet current)/;

/** Whether AWS refused a signature for its time: then the credentials are all right. */
export function explainClock(error: Error, now = Date.now()): CliError | undefined {
  const { name, message } = error;
  if (!CODES.test(name) && !MAY_BE_THE_CLOCK.test(name)) return undefined;
  const offset = offsetOf(error, now);
  const isOff = offset !== undefined && Math.abs(offset) >= TOLERANCE_MS;
  if (!isOff && !CODES.test(name) && !MESSAGES.test(message)) return undefined;
  return new CliError(
    EXIT.failed,
    isOff
      ? `This machine's clock is ${duration(offset)} ${offset > 0 ? 'ahead of' : 'behind'} AWS's.`
      : `AWS says that this machine's clock is off: ${message}`,
    'Set the clock, best by switching on its synchronisation, and run the command again. The credentials are not the cause.',
  );
}

/** How far this machine is ahead of who answered, ms. */
function offsetOf(error: Error, now: number): number | undefined {
  const { $response } = error as { $response?: { headers?: Record<string, string | undefined> } };
  const date = Date.parse($response?.headers?.date ?? '');
  return Number.isNaN(date) ? undefined : now - date;
}

function duration(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
