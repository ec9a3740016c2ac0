import type { ReadSecret } from './forwarding-ports.ts';

/** A rotated secret is in use everywhere after this time. */
const KEPT_MS = 5 * 60_000;

/** Caches a secret for five minutes. A failure to read it is not cached. */
export function cachedSecrets(readSecret: ReadSecret, now: () => number): ReadSecret {
  const kept = new Map<string, { readonly secret: string; readonly until: number }>();
  return async (name, deadline) => {
    const known = kept.get(name);
    if (known && now() < known.until) return { secret: known.secret };
    const reading = await readSecret(name, deadline);
    if ('secret' in reading) kept.set(name, { secret: reading.secret, until: now() + KEPT_MS });
    return reading;
  };
}
