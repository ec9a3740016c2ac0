import type { NumberFilter } from '../shared/number-filter.ts';
import type { PhoneNumbers, StrictNumberMatcher } from '../shared/phone-number.ts';
import type { Stack } from './stack.ts';

/** What `--from` and `--to` mean to the archive. */
export async function numbersOf(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  stack: Pick<Stack, 'country'>,
): Promise<NumberFilter> {
  if (from === undefined && to === undefined) return {};
  const { matcher } = await phoneNumbers(stack);
  return {
    ...(from !== undefined && { from: matcher([from]) }),
    ...(to !== undefined && { sms_number: matcher([to]) }),
  };
}

/** For `forget`: tells certain matches from those that may be another country's number. */
export async function strictNumberMatcher(
  wanted: readonly string[],
  stack: Pick<Stack, 'country'>,
): Promise<StrictNumberMatcher> {
  return (await phoneNumbers(stack)).strictMatcher(wanted);
}

/** It takes 50 ms to load, and most commands name no number. */
async function phoneNumbers({ country }: Pick<Stack, 'country'>): Promise<PhoneNumbers> {
  const { phoneNumbersOf } = await import('../shared/phone-number.ts');
  return phoneNumbersOf(country);
}
