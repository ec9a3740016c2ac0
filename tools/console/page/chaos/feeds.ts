import type { Chaos, Counters } from '../../protocol.ts';
import { ask } from '../api.ts';
import { liveFeed } from '../feed.ts';
import { NO_CHAOS } from './switch-list.ts';

/** What goes wrong at present; also when another tab has changed it. */
export const chaos = liveFeed<Chaos>((signal) => ask<Chaos>('chaos', { signal }), {
  chaos: (state, news) => news.at(-1) ?? state,
});

export const counters = liveFeed<Counters>((signal) => ask<Counters>('counters', { signal }), {
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
