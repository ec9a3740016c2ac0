import { createCipheriv, createHash } from 'node:crypto';

/** Random bytes that the seed decides: AES-256 in counter mode over zeros, keyed by the seed. */
export function randomBytes(seed: string, count: number): Buffer {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(count));
}

/** Random UUIDs (version 4) that the seed decides. */
export function randomUuids(seed: string, count: number): string[] {
  const bytes = randomBytes(seed, count * 16);
  return Array.from({ length: count }, (_, index) => {
    const uuid = bytes.subarray(index * 16, index * 16 + 16);
    uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x40;
    uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
    return formatUuid(uuid.toString('hex'));
  });
}

/** Times between events of a Poisson process of one event a unit of time. */
export function poissonGaps(seed: string, count: number): Float64Array {
  const bytes = randomBytes(seed, count * 4);
  return Float64Array.from(
    { length: count },
    (_, index) =>
      // Never the logarithm of 0.
      -Math.log((bytes.readUInt32BE(index * 4) + 0.5) / 2 ** 32),
  );
}

/** 32 hexadecimal digits with a UUID's hyphens. */
export function formatUuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
