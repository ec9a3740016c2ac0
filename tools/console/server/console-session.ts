import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The session of one start of a console. A code in the printed URL begins it, once: browsers keep the
 * URL in their history, and terminals keep what was printed. The page gets the secret in exchange.
 */
export class ConsoleSession {
  readonly code = random();
  readonly #secret = random();
  #isBegun = false;

  /** @returns The secret; nothing if the code is wrong, or has been used. */
  begin(code: string): string | undefined {
    if (this.#isBegun || !isSame(code, this.code)) return undefined;
    this.#isBegun = true;
    return this.#secret;
  }

  has(secret: string): boolean {
    return isSame(secret, this.#secret);
  }
}

function random(): string {
  return randomBytes(32).toString('base64url');
}

/** In the same time, wherever they differ. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => Buffer.from(hash('sha256', text), 'hex');
  return timingSafeEqual(digest(given), digest(expected));
}
