import {
  createHash,
  createHmac,
  createSecretKey,
  type Hash,
  type Hmac,
  type KeyObject,
} from 'node:crypto';

type Secret = string | Uint8Array;

/** Keys of the last signatures: the secret access key, and a signing key for each service and day. */
const keys = new Map<Secret, KeyObject>();
const MAX_KEYS = 16;

/**
 * Replaces `@smithy/core/checksum` by Node's SHA-256 and HMAC. The SDK passes Node the bytes of the same
 * two keys with each request, which takes six times as long as the HMAC itself.
 *
 * Implements `ChecksumConstructor` of `@smithy/types`.
 */
export class Sha256 {
  readonly digestLength = 32;
  readonly #key: KeyObject | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: Secret) {
    this.#key = secret ? keyOf(secret) : undefined;
    this.#hash = this.#begin();
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return 'copy' in this.#hash ? this.#hash.copy().digest() : this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#key ? createHmac('sha256', this.#key) : createHash('sha256');
  }
}

/** @param secret Found again as the same object, or as an equal string. */
function keyOf(secret: Secret): KeyObject {
  let key = keys.get(secret);
  if (!key) {
    if (keys.size === MAX_KEYS) keys.clear();
    key = createSecretKey(typeof secret === 'string' ? Buffer.from(secret) : secret);
    keys.set(secret, key);
  }
  return key;
}

/**
 * SQS's client refers to it for the bodies of messages that it sends or receives. No function here does
 * either, so any use is an error.
 */
export class Md5 {
  constructor() {
    throw new Error('MD5 is left out of this bundle: see infra/bundle/index.js');
  }
}
