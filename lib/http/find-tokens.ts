import { hash } from 'node:crypto';
import type { TokenHash } from './tokens.ts';

/** 128 bits in base64url. A deploy refuses shorter tokens; only the local stack has them. */
export const MIN_TOKEN_LENGTH = 22;

export const REDACTED = 'REDACTED';

/**
 * Limit of hashes for one message. Fields of limited length never need as many: a text of 10,000
 * characters, in four spellings, with nine lengths to look for, takes 360,000.
 */
export const MAX_HASHES = 524_288;

/** The characters of a token: see infra/plugin/webhook-tokens.js. */
const RUN = /[A-Za-z0-9._~-]+/g;

/** Finds tokens by their hashes: it hashes every text that may be a token. Use one for each message. */
export class HashedTokens {
  readonly #byLength = new Map<number | undefined, Set<string>>();
  #hashesLeft = MAX_HASHES;
  #isUnknown = false;

  constructor(tokens: readonly TokenHash[]) {
    for (const { hash, length } of tokens) {
      const hashes = this.#byLength.get(length) ?? new Set();
      this.#byLength.set(length, hashes.add(hash.toString('hex')));
    }
  }

  /**
   * Returns the text without the tokens. If {@link MAX_HASHES} do not suffice, returns nothing of the text.
   * A token of unknown length is found only if no character of a token touches it.
   */
  redact(text: string): string {
    if (this.#byLength.size === 0) return text;
    this.#isUnknown = false;
    const redacted = text.replace(RUN, (run, at: number) =>
      this.#redactRun(run, text.endsWith('/sms/', at)),
    );
    return this.#isUnknown ? REDACTED : redacted;
  }

  #redactRun(run: string, isInPath: boolean): string {
    let redacted = '';
    let rest = 0;
    for (let at = 0; at < run.length; ) {
      const length = this.#tokenAt(run, at, isInPath && at === 0);
      if (length > 0) {
        redacted += run.slice(rest, at) + REDACTED;
        rest = at + length;
      }
      at += length || 1;
    }
    return redacted + run.slice(rest);
  }

  /** The length of the token that begins at this position; 0 if none does. */
  #tokenAt(run: string, at: number, isInPath: boolean): number {
    for (const [known, hashes] of this.#byLength) {
      if (known === undefined && at > 0) continue;
      const length = known ?? run.length;
      if (at + length > run.length) continue;
      if (length < MIN_TOKEN_LENGTH && !isInPath) continue;
      if (this.#isAmong(hashes, run.slice(at, at + length))) return length;
    }
    return 0;
  }

  #isAmong(hashes: ReadonlySet<string>, candidate: string): boolean {
    if (this.#hashesLeft === 0) {
      this.#isUnknown = true;
      return false;
    }
    this.#hashesLeft--;
    return hashes.has(hash('sha256', candidate));
  }
}
