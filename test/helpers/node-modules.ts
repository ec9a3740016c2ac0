import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import { type MockInstance, onTestFinished, vi } from 'vitest';

/** Records the calls of a function of node:crypto, in all modules, until the test ends. */
export function watchCrypto<Name extends 'hash' | 'timingSafeEqual'>(name: Name) {
  return everywhere(vi.spyOn(crypto, name));
}

/** Records the calls of `setTimeout` of node:timers/promises, in all modules, until the test ends. */
export function watchDelays() {
  return everywhere(vi.spyOn(timers, 'setTimeout'));
}

/**
 * Makes `setTimeout` of node:timers/promises end at once, in all modules, until the test ends. Returns the
 * spy.
 */
export function skipDelays() {
  return everywhere(
    vi.spyOn(timers, 'setTimeout').mockImplementation(async (_ms, value, options) => {
      options?.signal?.throwIfAborted();
      return value as never;
    }),
  );
}

/** Modules that have imported the function get the spy, and the function again at the end. */
function everywhere<Spy extends Pick<MockInstance, 'mockRestore'>>(spy: Spy): Spy {
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
  return spy;
}
