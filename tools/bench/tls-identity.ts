import { generateKeyPair } from 'node:crypto';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { authorityCertificate, hostCertificate, type KeyPair } from './certificate.ts';

/** What a server shows its clients, and what they trust it by. */
export interface TlsIdentity extends AsyncDisposable {
  /** In PEM. */
  readonly key: string;
  readonly cert: string;
  /** The authority's certificate: what `NODE_EXTRA_CA_CERTS` of a client is set to. */
  readonly caFile: string;
}

/** A new authority and a certificate of it for a host, with RSA keys of 2,048 bits as AWS has. */
export async function openTlsIdentity(host = 'localhost'): Promise<TlsIdentity> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'inbound-sms-tls-'));
  const [authorityKeys, keys] = await Promise.all([newKeys(), newKeys()]);
  const authority = { name: 'inbound-sms bench', keys: authorityKeys };
  const caFile = join(folder.path, 'ca.pem');
  await writeFile(caFile, authorityCertificate(authority));
  return {
    key: String(keys.privateKey.export({ format: 'pem', type: 'pkcs8' })),
    cert: hostCertificate(host, keys, authority),
    caFile,
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}

function newKeys(): Promise<KeyPair> {
  return promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
}
