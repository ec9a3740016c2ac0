import type { Chaos, Counters } from '../../lab-protocol.ts';
import { ask } from '../api.ts';
import { liveFeed } from '../feed.ts';

/** The faults that can be switched on. Each hint says what the fault does and what you will see. */
export const SWITCHES = [
  {
    name: 'snsDown',
    label: 'SNS is down',
    hint: 'Nothing can be published. Messages are stored and answered 503, and the PBX tries again. When SNS is back, each is published once.',
  },
  {
    name: 'dropPutAnswer',
    label: 'DynamoDB’s reply is lost',
    hint: 'DynamoDB stores each message, but its first reply is lost. The function repeats the put and recognises its own record. The message is published once.',
  },
  {
    name: 'killBeforePublish',
    label: 'The function is killed before it publishes',
    hint: 'It is killed once for each message, after the put. The attempt is answered 500. When the claim of the killed function ends, a later attempt or the sweeper takes over.',
  },
] as const;

/** Possible delays of DynamoDB's calls, ms. */
const DELAYS = [0, 200, 1_000, 3_000];

export const DELAY_HINT =
  'Each call to the table takes this much longer. Up to one second, answers are late. At three seconds the function ends its calls and answers 503.';

export function delayLabel(ms: number): string {
  if (ms === 0) return 'Off';
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** The delays to choose from, and the current one, which another client may have set. */
export function delaysWith(current: number): readonly number[] {
  return [...new Set([...DELAYS, current])].sort((a, b) => a - b);
}

export const NO_CHAOS: Chaos = {
  snsDown: false,
  dynamodbDelayMs: 0,
  dropPutAnswer: false,
  killBeforePublish: false,
};

/** How many faults are on. */
export function faultsOn(chaos: Chaos): number {
  const on = SWITCHES.filter(({ name }) => chaos[name]).length;
  return chaos.dynamodbDelayMs > 0 ? on + 1 : on;
}

/** The active faults, in a few words. Undefined if no fault is on. */
export function faultText(chaos: Chaos): string | undefined {
  const count = faultsOn(chaos);
  if (count === 0) return undefined;
  if (count > 1) return `${count} faults`;
  return SWITCHES.find(({ name }) => chaos[name])?.label ?? 'DynamoDB is slow';
}

/** The active faults, also those that another tab has set. */
export const chaos = liveFeed<Chaos>('chaos', {
  chaos: (state, news) => news.at(-1) ?? state,
});

export const counters = liveFeed<Counters>('counters', {
  counters: (state, news) => news.at(-1) ?? state,
});

let last: Promise<unknown> = Promise.resolve();

/**
 * Makes something else go wrong. One change after the other: each is made to what the one before left.
 *
 * @throws {ApiError} If the server refuses it.
 */
export function changeChaos(changed: Partial<Chaos>): Promise<void> {
  const change = async () => {
    const body = { ...NO_CHAOS, ...chaos.state.peek(), ...changed };
    chaos.take('chaos', await ask<Chaos>('chaos', { method: 'PUT', body }));
  };
  const changing = last.then(change);
  last = changing.catch(() => {});
  return changing;
}
