import { type KeyObject, sign } from 'node:crypto';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** A name and the RSA keys that sign in it. */
export interface Issuer {
  readonly name: string;
  readonly keys: KeyPair;
}

/** A certificate for a host, in PEM, signed with its own RSA key. */
export function selfSigned(host: string, keys: KeyPair): string {
  return certificate(subjectAltName(host), { name: host, keys });
}

/** The certificate of an authority, in PEM, signed with its own key. */
export function authorityCertificate(authority: Issuer): string {
  return certificate(IS_AUTHORITY, authority);
}

/** A host's certificate in PEM, signed by an authority. */
export function hostCertificate(host: string, keys: KeyPair, authority: Issuer): string {
  return certificate(subjectAltName(host), { name: host, keys }, authority);
}

/**
 * X.509 version 3, valid until 2049. Node has nothing that makes a certificate.
 * https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
function certificate(extension: Buffer, subject: Issuer, issuer = subject): string {
  const version = tagged(0xa0, tagged(0x02, Buffer.of(2)));
  const serial = tagged(0x02, Buffer.of(subject === issuer ? 1 : 2));
  const validity = sequence(utcTime('250101000000Z'), utcTime('491231235959Z'));
  const key = subject.keys.publicKey.export({ format: 'der', type: 'spki' });
  const content = sequence(
    ...[version, serial, SHA256_WITH_RSA, commonName(issuer.name), validity],
    ...[commonName(subject.name), key, tagged(0xa3, sequence(extension))],
  );
  const signature = tagged(0x03, Buffer.of(0), sign('sha256', content, issuer.keys.privateKey));
  const signed = sequence(content, SHA256_WITH_RSA, signature);
  const lines = signed.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** 1.2.840.113549.1.1.11 */
const SHA256_WITH_RSA = Buffer.from('300d06092a864886f70d01010b0500', 'hex');
/** 2.5.4.3 */
const COMMON_NAME = Buffer.from('0603550403', 'hex');
/** 2.5.29.17 */
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');
/** Basic constraints, 2.5.29.19: critical, and true. */
const IS_AUTHORITY = Buffer.from('300f0603551d130101ff040530030101ff', 'hex');

function commonName(name: string): Buffer {
  return sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(name)))));
}

function subjectAltName(host: string): Buffer {
  const dnsName = tagged(0x82, Buffer.from(host));
  return sequence(SUBJECT_ALT_NAME, tagged(0x04, sequence(dnsName)));
}

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
