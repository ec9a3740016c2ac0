import fc from 'fast-check';
import type { CallFault } from './calls.ts';
import type { Poison } from './memory-sns.ts';
import type { WorldOptions } from './world.ts';

/** Messages that the PBX may post. Two contents share an id, and two ids share a conversation. */
export const MESSAGES = {
  first: { message_id: 'a', body: 'first', from: '+61400000000' },
  conflicting: { message_id: 'a', body: 'second', from: '+61400000000' },
  next: { message_id: 'b', body: 'next', from: '+61400000000' },
  other: { message_id: 'c', body: 'other', from: '+61400000001' },
};

export interface Setup extends WorldOptions {
  /** The number of messages that an earlier outage left pending. */
  readonly backlog: number;
  /** Messages that SNS always refuses, of the backlog or of the PBX. */
  readonly poison: readonly { readonly index: number; readonly kind: Poison }[];
}

export type Action =
  | { readonly do: 'post'; readonly message: keyof typeof MESSAGES }
  | { readonly do: 'sweep' }
  | { readonly do: 'call'; readonly pick: number; readonly fault: CallFault }
  /** Some calls happen without a fault. */
  | { readonly do: 'calls'; readonly count: number }
  | { readonly do: 'clock'; readonly ms: number }
  /** The time moves to one of the next deadlines, or to just before it. */
  | { readonly do: 'clock to deadline'; readonly skip: number; readonly before: number };

/**
 * The clock errors that docs/guarantee.md allows. Another clock is less than 20 s ahead of the webhook
 * that took a claim, and less than 35 s ahead of the sweeper that took one.
 */
const skewsMs = fc.constantFrom<WorldOptions['skewsMs']>(
  { webhook: [0], sweeper: [0] },
  { webhook: [-9_000, 9_000], sweeper: [10_000, -24_000] },
  { webhook: [9_000, -9_000], sweeper: [-24_000, 10_000] },
);

export const setup: fc.Arbitrary<Setup> = fc.record({
  keepsOrder: fc.boolean(),
  skewsMs,
  backlog: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 4 }) },
    { weight: 1, arbitrary: fc.integer({ min: 9, max: 21 }) },
  ),
  poison: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.record({
          index: fc.nat(24),
          kind: fc.constantFrom<Poison>(
            'entry',
            'batch',
            'unknown entry',
            'unknown batch',
            'outage',
          ),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    },
  ),
});

const fault: fc.Arbitrary<CallFault> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<CallFault>('none') },
  {
    weight: 4,
    arbitrary: fc.constantFrom<CallFault>(
      { error: 'TimeoutError' },
      { error: 'ThrottledException' },
      { error: 'AuthorizationErrorException' },
      { error: 'UnheardOfException' },
      'entry fails',
      'lost answer',
      'sent again',
      'late',
      'late',
      'twice',
      'twice',
      'slow answer',
      'backoff',
      'stale index',
      'crash before',
      'crash after',
    ),
  },
);

export const schedule: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof<fc.WeightedArbitrary<Action>[]>(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('post'),
        message: fc.oneof<fc.WeightedArbitrary<keyof typeof MESSAGES>[]>(
          { weight: 3, arbitrary: fc.constant('first') },
          { weight: 3, arbitrary: fc.constantFrom('conflicting', 'next', 'other') },
        ),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ do: 'sweep' }) },
    { weight: 12, arbitrary: fc.record({ do: fc.constant('call'), pick: fc.nat(15), fault }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('calls'), count: fc.integer({ min: 1, max: 16 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('clock'),
        ms: fc.constantFrom(1_000, 30_000, 60_001, 90_000),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('clock to deadline'),
        skip: fc.nat(2),
        before: fc.constantFrom(0, 1, 500),
      }),
    },
  ),
  { maxLength: 60, size: 'max' },
);
