import { createHash, createHmac } from 'node:crypto';

export interface UnsignedRequest {
  readonly method: string;
  /** Without a query. */
  readonly path: string;
  /** In lower case, with `host`. All of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SigningContext {
  readonly service: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly date: Date;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** The last day's key, by service. It is the same for all requests of a day. */
const keys = new Map<string, { readonly day: string; readonly key: Buffer }>();

/**
 * The headers of a request with Signature Version 4.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signedHeaders(
  { method, path, headers, body }: UnsignedRequest,
  context: SigningContext,
): Record<string, string> {
  const { service, region, accessKeyId, sessionToken, date } = context;
  const time = `${date.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const day = time.slice(0, 8);
  const all: Record<string, string> = {
    ...headers,
    'x-amz-date': time,
    ...(sessionToken && { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(all).sort();
  const signed = names.join(';');
  const lines = names.map((name) => `${name}:${all[name]}\n`).join('');
  const canonical = [method, path, '', lines, signed, sha256(body)].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = [ALGORITHM, time, scope, sha256(canonical)].join('\n');
  const signature = hmac(signingKey(day, context), toSign).toString('hex');
  all.authorization = `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
  return all;
}

function signingKey(day: string, { service, region, secretAccessKey }: SigningContext): Buffer {
  const known = keys.get(service);
  if (known?.day === day) return known.key;
  let key: Buffer = Buffer.from(`AWS4${secretAccessKey}`);
  for (const part of [day, region, service, 'aws4_request']) key = hmac(key, part);
  keys.set(service, { day, key });
  return key;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
