import { createHash, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { decodeForm, type Form } from './form.ts';
import { RequestRefused } from './outcomes.ts';
import { printable } from './redact.ts';

/** A multipart SMS of 1,600 characters, all of them escaped emoji, is a third of it. */
export const MAX_BODY_BYTES = 65_536;

const FORM_TYPE = 'application/x-www-form-urlencoded';

/**
 * The configured tokens, as their hashes.
 *
 * @param value SHA-256 in hex, one or several, comma separated.
 * @throws {Error} If that is not what it is.
 */
export function parseTokenHashes(value: string): readonly Buffer[] {
  return value.split(',').map((hash) => {
    if (!/^[0-9a-f]{64}$/.test(hash)) {
      throw new Error('must be SHA-256 hashes in hex, comma separated');
    }
    return Buffer.from(hash, 'hex');
  });
}

/**
 * The token of the URL, if it is one of ours. Takes as long for a wrong one as for a right one.
 *
 * @throws {RequestRefused} `unknown-token`, alike for whatever is wrong.
 */
export function authenticate(
  event: APIGatewayProxyEventV2,
  tokenHashes: readonly Buffer[],
): { readonly token: string; readonly tokenIndex: number } {
  const token = event.pathParameters?.token ?? '';
  const presented = createHash('sha256').update(token).digest();
  let tokenIndex = -1;
  for (const [index, hash] of tokenHashes.entries()) {
    if (timingSafeEqual(hash, presented)) tokenIndex = index;
  }
  if (tokenIndex < 0) throw new RequestRefused('unknown-token', 'There is nothing at this URL');
  return { token, tokenIndex };
}

/**
 * The form that a request carries.
 *
 * @throws {RequestRefused} `method-not-allowed`, `too-large`, `not-a-form` or `invalid`.
 */
export function readForm(event: APIGatewayProxyEventV2): Form {
  if (event.requestContext?.http?.method !== 'POST') {
    throw new RequestRefused(
      'method-not-allowed',
      'This is the webhook URL: it works, and takes only POST. Paste it into the Web Hook URL field of the PBX portal.',
    );
  }
  const bytes = bodyBytes(event);
  const contentType = Object.entries(event.headers ?? {}).find(
    ([name]) => name.toLowerCase() === 'content-type',
  )?.[1];
  const [type = '', ...parameters] = (contentType ?? '').split(/[;,]/);
  const mediaType = type.trim().toLowerCase();

  if (mediaType === FORM_TYPE) return decodeForm(bytes, charsetOf(parameters));
  if (mediaType === '') {
    const form = decodeForm(bytes);
    if (form.fields.has('message_id')) return form;
  }
  throw new RequestRefused(
    'not-a-form',
    `The content type must be ${FORM_TYPE}, not ${mediaType ? printable(mediaType) : 'missing'}`,
  );
}

function bodyBytes({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): Buffer {
  const encoding = isBase64Encoded ? 'base64' : 'utf8';
  const size = Buffer.byteLength(body, encoding);
  if (size > MAX_BODY_BYTES) {
    throw new RequestRefused('too-large', `The form has ${size} bytes; ${MAX_BODY_BYTES} at most`);
  }
  return Buffer.from(body, encoding);
}

function charsetOf(parameters: readonly string[]): string | undefined {
  for (const parameter of parameters) {
    const [name, value] = parameter.split('=');
    if (name?.trim().toLowerCase() !== 'charset') continue;
    return value?.trim().replaceAll('"', '').toLowerCase() || undefined;
  }
  return undefined;
}
