import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { decodeForm, type Form } from './form.ts';
import { RequestRefused } from './outcomes.ts';
import { REQUIRED_FIELDS, type Reading } from './read-sms-message.ts';
import { printable } from './redact.ts';
import type { Tokens } from './tokens.ts';

/** Three times the size of a multipart SMS of 1,600 characters that are all escaped emoji. */
export const MAX_BODY_BYTES = 65_536;

const FORM_TYPE = 'application/x-www-form-urlencoded';

/** What is known of a request before its form is read. */
export interface RequestHead {
  /** Never empty. */
  readonly token: string;
  /** The token's index among the configured ones, from 0. */
  readonly tokenIndex: number;
  /** Whether it is not the last one configured. */
  readonly isOldToken: boolean;
  /** Only a POST delivers a message. */
  readonly isPost: boolean;
}

/**
 * Reads the URL's token and the method. Takes as long for a wrong token as for a right one. Reads nothing
 * else before the token is known, so that a stranger learns nothing from method or body.
 *
 * @throws {RequestRefused} `unknown-token`, for any fault.
 */
export function authenticate(event: APIGatewayProxyEventV2, tokens: Tokens): RequestHead {
  const token = event.pathParameters?.token ?? '';
  const tokenIndex = tokens.indexOf(token);
  if (tokenIndex < 0 || token === '') throw unknownToken();
  return {
    token,
    tokenIndex,
    isOldToken: tokenIndex < tokens.hashes.length - 1,
    isPost: event.requestContext?.http?.method === 'POST',
  };
}

/** The refusal of a stranger. It does not tell what is wrong. */
export function unknownToken(): RequestRefused {
  return new RequestRefused('unknown-token', 'There is nothing at this URL');
}

/** @throws {RequestRefused} `method-not-allowed` */
export function refuseOtherMethods({ isPost }: Pick<RequestHead, 'isPost'>): void {
  if (isPost) return;
  throw new RequestRefused('method-not-allowed', 'The method is not POST', {
    detail:
      'This is the webhook URL: it works, and takes only POST. Paste it into the Web Hook URL field of the PBX portal.',
  });
}

/** The parts of an event that a form is read from. */
export type RequestBody = Pick<APIGatewayProxyEventV2, 'body' | 'isBase64Encoded' | 'headers'>;

/**
 * Reads the form of an authenticated request. A body that is clearly a form is accepted with any content
 * type.
 *
 * @throws {RequestRefused} `too-large` or `not-a-form`, the first that applies.
 */
export function readForm(event: RequestBody, { redactor, warn }: Reading): Form {
  refuseTooLarge(event);
  const { type, charset, isDeclared } = contentTypeOf(event);
  const bytes = bytesOf(event);
  const form = isDeclared ? decodeForm(bytes, charset) : recognizeForm(bytes, charset);
  if (!form) {
    const shown = type ? `not as ${printable(redactor.text(type))}` : 'with this content type';
    throw new RequestRefused('not-a-form', 'The body is not a form', {
      detail: `Send the fields as ${FORM_TYPE} (curl does with --data), ${shown}`,
    });
  }
  const metric = 'UnexpectedContentType';
  if (type && !isDeclared) warn({ metric, warning: 'the content type is not that of a form' });
  if (!form.isCharsetKnown) warn({ metric, warning: 'the charset is unknown' });
  return form;
}

/** For base64, computes the size from the length, without decoding. */
function refuseTooLarge({ body, isBase64Encoded }: RequestBody): void {
  const size = Buffer.byteLength(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  if (size <= MAX_BODY_BYTES) return;
  throw new RequestRefused('too-large', 'The form is too large', {
    detail: `The form has ${size} bytes; ${MAX_BODY_BYTES} at most`,
  });
}

function bytesOf(event: RequestBody): Buffer {
  const { bytes, isBroken } = sentBytes(event);
  if (isBroken) {
    throw new RequestRefused('not-a-form', 'The body is not valid base64');
  }
  return bytes;
}

function sentBytes({ body: sent, isBase64Encoded }: RequestBody) {
  const body = sent ?? '';
  if (!isBase64Encoded) return { bytes: Buffer.from(body, 'utf8'), isBroken: false };
  const bytes = Buffer.from(body, 'base64');
  // Buffer skips characters that are not base64, and the message would silently lose them.
  const isBroken = bytes.toString('base64') !== body;
  return { bytes: isBroken ? Buffer.from(body, 'utf8') : bytes, isBroken };
}

/** The body of a request, which may or may not be a form. */
interface SentBody {
  readonly bytes: Buffer;
  /** Whether to read it as a form, even if it lacks fields. */
  readonly isForm: boolean;
  readonly charset: string | undefined;
  /** The header, in full. */
  readonly contentType: string | undefined;
}

/** Reads a body of any size and kind. If it is not the base64 that it is said to be, returns its text. */
export function readBody(event: RequestBody): SentBody {
  const { charset, isDeclared } = contentTypeOf(event);
  const { bytes } = sentBytes(event);
  return {
    bytes,
    isForm: isDeclared || !isOtherFormat(bytes),
    charset,
    contentType: headerOf(event, 'content-type'),
  };
}

/**
 * The value of a header. The case of its name does not matter. API Gateway joins repeated headers with
 * commas.
 *
 * @param name In lower case.
 */
export function headerOf(event: Pick<RequestBody, 'headers'>, name: string): string | undefined {
  return Object.entries(event.headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** Reads the first of several content types. */
function contentTypeOf(event: RequestBody) {
  const [first = ''] = (headerOf(event, 'content-type') ?? '').split(',');
  const [type = '', ...parameters] = first.split(';');
  const isDeclared = type.trim().toLowerCase() === FORM_TYPE;
  return { type: type.trim(), charset: charsetOf(parameters), isDeclared };
}

function charsetOf(parameters: readonly string[]): string | undefined {
  for (const parameter of parameters) {
    const [name, value] = parameter.split('=');
    if (name?.trim().toLowerCase() !== 'charset') continue;
    return value?.replaceAll('"', '').trim() || undefined;
  }
  return undefined;
}

/** The beginning of a JSON, XML or multipart body. A text in it may look like the fields of a form. */
const OTHER_FORMAT = /^(?:\xef\xbb\xbf)?\s*(?:[[{"<]|--)/;

function isOtherFormat(bytes: Buffer): boolean {
  return OTHER_FORMAT.test(bytes.toString('latin1', 0, MAX_BODY_BYTES));
}

/** A form is a body that decodes as one and has all required fields. Its content type does not count. */
function recognizeForm(bytes: Buffer, charset: string | undefined): Form | undefined {
  if (isOtherFormat(bytes)) return undefined;
  const form = decodeForm(bytes, charset);
  return REQUIRED_FIELDS.every((field) => form.fields.has(field)) ? form : undefined;
}
