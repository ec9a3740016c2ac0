import { createHash, timingSafeEqual } from 'node:crypto';

/** What is known of a secret that is accepted: never the secret itself. */
export interface TokenHash {
  /** SHA-256. */
  readonly hash: Buffer;
  /** Characters of the secret, if known. */
  readonly length?: number;
}

/** The secrets that are accepted: the tokens of the webhook's URL, or what an edge proves itself with. */
export class Tokens {
  /** The last one is the current one. Any other is on its way out. */
  readonly hashes: readonly TokenHash[];

  constructor(hashes: readonly TokenHash[]) {
    this.hashes = hashes;
  }

  /**
   * @param hashes SHA-256 in hex, one or several, comma separated.
   * @param lengths How many characters each one has, in the same order; any may be missing.
   * @throws {Error} Says what the value must be, to follow its variable's name.
   */
  static parse(hashes: string, lengths: readonly number[] = []): Tokens {
    const parsed = hashes.split(',').map((hash, index): TokenHash => {
      if (!/^[0-9a-f]{64}$/.test(hash)) {
        throw new Error('must be SHA-256 hashes in hex, comma separated');
      }
      const length = lengths[index];
      return { hash: Buffer.from(hash, 'hex'), ...(length !== undefined && { length }) };
    });
    return new Tokens(parsed);
  }

  /** Which one it is, from 0; -1 if none. Takes as long for a wrong one as for a right one. */
  indexOf(secret: string): number {
    const presented = createHash('sha256').update(secret).digest();
    let found = -1;
    for (const [index, { hash }] of this.hashes.entries()) {
      if (timingSafeEqual(hash, presented)) found = index;
    }
    return found;
  }

  /** The first 8 hex digits of its SHA-256: people tell tokens apart by it, and nobody finds one by it. */
  fingerprint(index: number): string | undefined {
    return this.hashes[index]?.hash.toString('hex', 0, 4);
  }

  /** All but the one at this index. */
  except(index: number): readonly TokenHash[] {
    return this.hashes.toSpliced(index, 1);
  }
}

/** @throws {Error} Says what the value must be, to follow its variable's name. */
export function parseTokenLengths(value: string): readonly number[] {
  if (!/^[1-9]\d{0,4}(?:,[1-9]\d{0,4})*$/.test(value)) {
    throw new Error('must be whole numbers, comma separated');
  }
  return value.split(',').map(Number);
}
