import { parseSmsNumbers } from '../../../lib/http/allow-lists.ts';
import { FICTITIOUS } from '../../pbx-simulator/request.ts';
import type { StackFacts } from '../stack.ts';
import { type Finding, finding } from './finding.ts';

/**
 * The number that the canary is sent to, or why none is known. The webhook counts a number that may not
 * receive as a lost message, and an alarm goes off. So this is decided before anything is posted.
 *
 * @param outputs The stack's. infra/api.js says what `AllowedSmsNumbers` holds.
 * @param to What the user has named.
 */
export function canaryNumber(
  { AllowedSmsNumbers: allowed }: StackFacts['outputs'],
  to: string | undefined,
): string | Finding {
  if (allowed === undefined) {
    const hint = 'Name one of your numbers with --to, or deploy this version of the service.';
    return (
      to ??
      finding('canary', 'skipped', 'the stack does not say which numbers may receive', { hint })
    );
  }
  if (allowed === 'any') return to ?? FICTITIOUS.sms_number;
  const isShortened = allowed.endsWith(',...');
  const numbers = allowed.replace(/,\.\.\.$/, '');
  const [first = ''] = numbers.split(',');
  if (to === undefined || isShortened || parseSmsNumbers(numbers)(to)) return to ?? first;
  return finding('canary', 'skipped', `${to} is not in allowedSmsNumbers`, {
    hint: `Name it as it stands there, such as --to ${first}, or leave --to out.`,
  });
}
