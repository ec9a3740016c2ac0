import type { NumberFilter, NumberMatcher } from '../shared/number-filter.ts';
import type { Stack } from './stack.ts';

/** What `--from` and `--to` mean to the archive. */
export async function numbersOf(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  stack: Pick<Stack, 'country'>,
): Promise<NumberFilter> {
  return {
    ...(from !== undefined && { from: await numberMatcher([from], stack) }),
    ...(to !== undefined && { sms_number: await numberMatcher([to], stack) }),
  };
}

/** Tells whether a stored number or name is one of those that were named, in any spelling. */
export async function numberMatcher(
  wanted: readonly string[],
  { country }: Pick<Stack, 'country'>,
): Promise<NumberMatcher> {
  // It takes 50 ms to load, and most commands name no number.
  const { phoneNumbersOf } = await import('../shared/phone-number.ts');
  return phoneNumbersOf(country).matcher(wanted);
}
