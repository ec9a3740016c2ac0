import type { InvocationResult } from './function-runtime.ts';

/** What goes out over HTTP. */
export interface GatewayResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

/** API Gateway's own answers, for which no function is to blame or to thank. */
export const NOT_FOUND = answer(404, 'Not Found');
export const TOO_LARGE = answer(413, 'Request Entity Too Large');
export const TOO_MANY = answer(429, 'Too Many Requests');
export const FAILED = answer(500, 'Internal Server Error');
export const UNAVAILABLE = answer(503, 'Service Unavailable');

/**
 * The response that a function's result stands for, payload format 2.0: an object with a
 * `statusCode` is the response, and any other value is the body of a 200.
 */
export function gatewayResponse(invocation: InvocationResult): GatewayResponse {
  if (!invocation.ok) return FAILED;
  const { result } = invocation;
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(typeof result === 'string' ? result : JSON.stringify(result)),
    };
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

function answer(status: number, message: string): GatewayResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ message })),
  };
}
