import {
  createHash,
  createHmac,
  createSecretKey,
  type Hash,
  type Hmac,
  type KeyObject,
} from 'node:crypto';

type Secret = string | Uint8Array;

/** Keys of the last signatures: the secret access key, and a signing key a service and day. */
const keys = new Map<Secret, KeyObject>();
const MAX_KEYS = 16;

/**
 * In place of `@smithy/core/checksum`: SHA-256 and HMAC by Node. The SDK hands Node the bytes of the
 * same two keys with each request, which costs Node six times what the HMAC itself does.
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

/** @param secret The same one is the same object, or an equal string. */
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
 * SQS's client has it at hand for the bodies of messages that it sends or receives, and no function here does
 * either. Any use is an error.
 */
export class Md5 {
  constructor() {
    throw new Error('MD5 is left out of this bundle: see infra/bundle/index.js');
  }
}
