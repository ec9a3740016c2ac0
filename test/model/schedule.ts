import fc from 'fast-check';
import type { CallFault } from './calls.ts';
import type { Poison } from './memory-sns.ts';
import type { Wish } from './operators.ts';
import type { RequestName } from './pbx-requests.ts';
import type { WorldOptions } from './world.ts';

export interface Setup extends WorldOptions {
  /** The number of messages that an earlier outage left pending. */
  readonly backlog: number;
  /** Messages that SNS always refuses, of the backlog or of the PBX. */
  readonly poison: readonly { readonly index: number; readonly kind: Poison }[];
  readonly hasOperators: boolean;
}

export type Action =
  | { readonly do: 'post'; readonly request: RequestName }
  | { readonly do: 'sweep' }
  | { readonly do: 'call'; readonly pick: number; readonly fault: CallFault }
  /** Some calls happen without a fault. */
  | { readonly do: 'calls'; readonly count: number }
  | { readonly do: 'clock'; readonly ms: number }
  /** The time moves to one of the next deadlines, or to just before it. */
  | { readonly do: 'clock to deadline'; readonly skip: number; readonly before: number }
  /** A deploy allows every number. */
  | { readonly do: 'allow all numbers' }
  /** An operator accepts what is quarantined, or discards it. */
  | { readonly do: 'operate'; readonly pick: number; readonly wish: Wish };

/**
 * The clock errors that docs/guarantee.md allows. Another clock is less than 20 s ahead of the webhook
 * that took a claim, less than 35 s ahead of the sweeper, and less than 30 s ahead of the operator.
 */
const skewsMs = fc.constantFrom<WorldOptions['skewsMs']>(
  { webhook: [0], sweeper: [0], operator: [0] },
  { webhook: [-9_000, 9_000], sweeper: [10_000, -24_000], operator: [10_000, -19_000] },
  { webhook: [9_000, -9_000], sweeper: [-24_000, 10_000], operator: [-19_000, 10_000] },
);

const setup = fc.record({
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

type Weighted = fc.WeightedArbitrary<Action>;
type WeightedRequest = fc.WeightedArbitrary<RequestName>;

const post = (...requests: WeightedRequest[]): Weighted => ({
  weight: 3,
  arbitrary: fc.record({ do: fc.constant('post'), request: fc.oneof(...requests) }),
});

const sweep: Weighted = { weight: 2, arbitrary: fc.constant({ do: 'sweep' }) };

const calls: readonly Weighted[] = [
  { weight: 12, arbitrary: fc.record({ do: fc.constant('call'), pick: fc.nat(15), fault }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('calls'), count: fc.integer({ min: 1, max: 16 }) }),
  },
];

const time: readonly Weighted[] = [
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
];

const operators: readonly Weighted[] = [
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('operate'),
      pick: fc.nat(5),
      wish: fc.oneof<fc.WeightedArbitrary<Wish>[]>(
        { weight: 6, arbitrary: fc.constant('nothing') },
        { weight: 4, arbitrary: fc.constantFrom('message_id', 'body') },
        { weight: 1, arbitrary: fc.constant('discard') },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'allow all numbers' }) },
];

const actionsOf = (...actions: Weighted[]): fc.Arbitrary<Action[]> =>
  fc.array(fc.oneof(...actions), { maxLength: 60, size: 'max' });

/** Messages that the webhook delivers, and a conflict. */
const deliveries = actionsOf(
  post(
    { weight: 3, arbitrary: fc.constant('first') },
    { weight: 3, arbitrary: fc.constantFrom('conflicting', 'next', 'other') },
  ),
  sweep,
  ...calls,
  ...time,
);

/** Requests that the webhook refuses, and operators who accept them meanwhile. */
const acceptances = actionsOf(
  post(
    { weight: 2, arbitrary: fc.constantFrom('first', 'incomplete', 'nameless') },
    { weight: 3, arbitrary: fc.constantFrom('conflicting', 'unlisted', 'twin') },
  ),
  sweep,
  ...calls,
  ...time,
  ...operators,
);

export interface Scenario {
  readonly setup: Setup;
  readonly actions: readonly Action[];
}

const scenarioOf = (actions: fc.Arbitrary<Action[]>, hasOperators: boolean) =>
  fc.record({ setup: setup.map((each) => ({ ...each, hasOperators })), actions });

export const scenario: fc.Arbitrary<Scenario> = fc.oneof(
  { weight: 2, arbitrary: scenarioOf(deliveries, false) },
  { weight: 1, arbitrary: scenarioOf(acceptances, true) },
);
