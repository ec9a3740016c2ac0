import { type KeyObject, sign } from 'node:crypto';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/**
 * A certificate for a host, in PEM, signed with its own RSA key: X.509 version 1, valid until 2049.
 * Node has nothing that makes one. https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export function selfSigned(host: string, { publicKey, privateKey }: KeyPair): string {
  const name = sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(host)))));
  const validity = sequence(utcTime('250101000000Z'), utcTime('491231235959Z'));
  const key = publicKey.export({ format: 'der', type: 'spki' });
  const serial = tagged(0x02, Buffer.of(1));
  const content = sequence(serial, SHA256_WITH_RSA, name, validity, name, key);
  const signature = tagged(0x03, Buffer.of(0), sign('sha256', content, privateKey));
  const certificate = sequence(content, SHA256_WITH_RSA, signature);
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** 1.2.840.113549.1.1.11 */
const SHA256_WITH_RSA = Buffer.from('300d06092a864886f70d01010b0500', 'hex');
/** 2.5.4.3 */
const COMMON_NAME = Buffer.from('0603550403', 'hex');

function utcTime(time: string): Buffer {
  return tagged(0x17, Buffer.from(time));
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

/** DER: a tag, the length, the content. */
function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...(length < 0x80 ? [length] : long)), content]);
}
