import { createHash, timingSafeEqual } from 'node:crypto';

/** What is known of an accepted secret. It is never the secret itself. */
export interface TokenHash {
  /** SHA-256. */
  readonly hash: Buffer;
  /** Characters of the secret, if known. */
  readonly length?: number;
}

/** The accepted secrets: the tokens of the webhook's URL, or the edge's secrets. */
export class Tokens {
  /** The last one is the current one. The others are being replaced. */
  readonly hashes: readonly TokenHash[];

  constructor(hashes: readonly TokenHash[]) {
    this.hashes = hashes;
  }

  /**
   * @param hashes One or several SHA-256 hashes in hex, comma separated.
   * @param lengths The length of each secret in characters, in the same order. Any may be missing.
   * @throws {Error} Says what the value must be. The caller puts the variable's name in front.
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

  /** The index of a secret, from 0; -1 if it is unknown. Takes as long for a wrong one as for a right one. */
  indexOf(secret: string): number {
    const presented = createHash('sha256').update(secret).digest();
    let found = -1;
    for (const [index, { hash }] of this.hashes.entries()) {
      if (timingSafeEqual(hash, presented)) found = index;
    }
    return found;
  }

  /** The first 8 hex digits of the SHA-256. People tell tokens apart by it. It does not reveal a token. */
  fingerprint(index: number): string | undefined {
    return this.hashes[index]?.hash.toString('hex', 0, 4);
  }

  /** All but the one at this index. */
  except(index: number): readonly TokenHash[] {
    return this.hashes.toSpliced(index, 1);
  }
}

/** @throws {Error} Says what the value must be. The caller puts the variable's name in front. */
export function parseTokenLengths(value: string): readonly number[] {
  if (!/^[1-9]\d{0,4}(?:,[1-9]\d{0,4})*$/.test(value)) {
    throw new Error('must be whole numbers, comma separated');
  }
  return value.split(',').map(Number);
}
