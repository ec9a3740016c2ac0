import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { ACCOUNT_ID } from './aws.ts';
import type { InvocationResult } from './function-runtime.ts';
import { type HttpAnswer, jsonAnswer } from './http-answer.ts';
import type { RouteMatch } from './routes.ts';

/**
 * Content types that API Gateway passes on as text. Any other body is base64-encoded, such as a form or a
 * body without a content type.
 */
const TEXT = /^(text\/.+|application\/(json|xml|javascript|.+\+(json|xml)))$/;

/**
 * Makes the event of a request, in payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function gatewayEvent(
  request: IncomingMessage,
  body: Buffer,
  { route, pathParameters }: RouteMatch,
  requestId: string,
): APIGatewayProxyEventV2 {
  const { method = 'GET', socket } = request;
  const [rawPath = '/', rawQueryString = ''] = splitOnce(request.url ?? '/', '?');
  // These headers concern only the connection between the caller and the gateway.
  const {
    cookie,
    connection: _,
    'transfer-encoding': __,
    ...headers
  } = joined(request.headersDistinct);
  const sourceIp = socket.remoteAddress ?? '127.0.0.1';
  const domainName = (headers.host ?? 'localhost').replace(/:\d+$/, '');
  const query = queryParameters(rawQueryString);
  const now = new Date();
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath,
    rawQueryString,
    ...(cookie && { cookies: cookie.split(/[;,] */) }),
    headers: {
      ...headers,
      'x-amzn-trace-id': `Root=1-${Math.floor(now.getTime() / 1000).toString(16)}-${randomUUID().replaceAll('-', '').slice(8)}`,
      'x-forwarded-for': [headers['x-forwarded-for'], sourceIp].filter(Boolean).join(', '),
      'x-forwarded-port': String(socket.localPort),
      'x-forwarded-proto': 'http',
    },
    ...(query && { queryStringParameters: query }),
    ...(pathParameters && { pathParameters }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: 'local',
      domainName,
      domainPrefix: domainName.split('.')[0] ?? domainName,
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: route.key,
      stage: '$default',
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...bodyOf(body, headers['content-type']),
  };
}

function bodyOf(body: Buffer, contentType = ''): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const [mediaType = ''] = splitOnce(contentType, ';');
  const isBase64Encoded = !TEXT.test(mediaType.trim().toLowerCase());
  return { body: body.toString(isBase64Encoded ? 'base64' : 'utf8'), isBase64Encoded };
}

/** Repeated headers, joined with commas. */
function joined(headers: NodeJS.Dict<string[]>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name, values?.join(',')]),
  );
}

/** Repeated parameters, joined with commas. */
function queryParameters(rawQueryString: string): Record<string, string> | undefined {
  if (!rawQueryString) return undefined;
  const parameters = new URLSearchParams(rawQueryString);
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name).join(',')]),
  );
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

function splitOnce(text: string, separator: string): string[] {
  const index = text.indexOf(separator);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + separator.length)];
}

/** API Gateway's own answers, without a function. */
export const NOT_FOUND = jsonAnswer(404, { message: 'Not Found' });
export const TOO_LARGE = jsonAnswer(413, { message: 'Request Entity Too Large' });
export const TOO_MANY = jsonAnswer(429, { message: 'Too Many Requests' });
export const FAILED = jsonAnswer(500, { message: 'Internal Server Error' });
export const UNAVAILABLE = jsonAnswer(503, { message: 'Service Unavailable' });

/**
 * Makes the response from a function's result, in payload format 2.0. An object with a `statusCode` is the
 * response. Any other value is the body of a 200.
 */
export function gatewayResponse(invocation: InvocationResult): HttpAnswer {
  if (!invocation.ok) return FAILED;
  const { result } = invocation;
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    return typeof result === 'string'
      ? { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(result) }
      : jsonAnswer(200, result);
  }
  const { statusCode, headers = {}, cookies, body = '', isBase64Encoded } = result as StatusResult;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) return FAILED;
  return {
    status,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...lowerCased(headers ?? {}),
      ...(cookies && { 'set-cookie': cookies }),
    },
    body: Buffer.from(String(body ?? ''), isBase64Encoded ? 'base64' : 'utf8'),
  };
}

interface StatusResult {
  readonly statusCode: unknown;
  readonly headers?: Record<string, unknown> | null;
  readonly cookies?: string[];
  readonly body?: unknown;
  readonly isBase64Encoded?: boolean;
}

function lowerCased(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
