import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { ChecksumConstructor } from '@smithy/types';
import { describe, expect, it } from 'vitest';
import { Sha256 } from '../../../../lib/aws/sdk/checksum.ts';

const chunks = [randomBytes(3), randomBytes(1_000), Buffer.alloc(0)];
const all = Buffer.concat(chunks);

async function digestOf(checksum: InstanceType<ChecksumConstructor>): Promise<Buffer> {
  for (const chunk of chunks) checksum.update(new Uint8Array(chunk));
  return Buffer.from(await checksum.digest());
}

describe('Sha256', () => {
  const expected = createHash('sha256').update(all).digest();

  it('computes SHA-256', async () => {
    const checksum = new Sha256();
    expect(await digestOf(checksum)).toEqual(expected);
    expect(checksum.digestLength).toBe(expected.length);
  });

  it('returns a digest in between, like the class that it replaces', async () => {
    const checksum = new Sha256();
    checksum.update(randomBytes(8));
    const first = await checksum.digest();
    expect(await checksum.digest()).toEqual(first);
    checksum.reset();
    checksum.update(new Uint8Array(all.subarray(0, 5)));
    await checksum.digest();
    checksum.update(new Uint8Array(all.subarray(5)));
    expect(Buffer.from(await checksum.digest())).toEqual(expected);
  });

  it.each([
    ['', expected],
    ['secret', createHmac('sha256', 'secret').update(all).digest()],
  ])('starts again after a reset, with the key %j', async (secret, digest) => {
    const checksum = new Sha256(secret);
    checksum.update(randomBytes(8));
    checksum.reset();
    expect(await digestOf(checksum)).toEqual(digest);
  });

  it.each([
    ['a text', () => 'AWS4secret'],
    ['a text that is not ASCII', () => 'AWS4sécret'],
    ['bytes', () => new Uint8Array(randomBytes(32))],
    ['many bytes', () => new Uint8Array(randomBytes(200))],
  ])('computes HMAC-SHA-256 with %s as the key, also the second time', async (_, makeSecret) => {
    const secret = makeSecret();
    const hmac = createHmac('sha256', secret).update(all).digest();
    for (let n = 0; n < 2; n++) expect(await digestOf(new Sha256(secret))).toEqual(hmac);
  });

  it('does not mix up more keys than it caches', async () => {
    const secrets = Array.from({ length: 40 }, (_, n) => `secret ${n}`);
    for (const secret of [...secrets, ...secrets]) {
      const hmac = createHmac('sha256', secret).update(all).digest();
      expect(await digestOf(new Sha256(secret))).toEqual(hmac);
    }
  });
});
