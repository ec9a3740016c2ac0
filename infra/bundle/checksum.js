import { createHash, createHmac, createSecretKey } from 'node:crypto';

/** Keys of the last signatures: the secret access key, and a signing key a service and day. */
const keys = new Map();
const MAX_KEYS = 16;

/**
 * In place of `@smithy/core/checksum`: SHA-256 and HMAC by Node. The SDK hands Node the bytes of the
 * same two keys with each request, which costs Node six times what the HMAC itself does.
 *
 * Implements `ChecksumConstructor` of `@smithy/types`.
 */
export class Sha256 {
  digestLength = 32;
  #key;
  #hash;

  constructor(secret) {
    this.#key = secret && keyOf(secret);
    this.reset();
  }

  update(data) {
    this.#hash.update(data);
  }

  async digest() {
    return this.#key ? this.#hash.digest() : this.#hash.copy().digest();
  }

  reset() {
    this.#hash = this.#key ? createHmac('sha256', this.#key) : createHash('sha256');
  }
}

/** @param {string | Uint8Array} secret The same one is the same object, or an equal string. */
function keyOf(secret) {
  let key = keys.get(secret);
  if (!key) {
    if (keys.size === MAX_KEYS) keys.clear();
    key = createSecretKey(typeof secret === 'string' ? Buffer.from(secret) : secret);
    keys.set(secret, key);
  }
  return key;
}
