import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished, vi } from 'vitest';

/**
 * Records the calls of a function of node:crypto until the test ends, for every module that has
 * imported it by name.
 */
export function watchCrypto<Name extends 'hash' | 'timingSafeEqual'>(name: Name) {
  const spy = vi.spyOn(crypto, name);
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
  return spy;
}
