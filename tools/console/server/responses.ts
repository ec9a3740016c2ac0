import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Problem } from '../protocol.ts';
import type { PageFile } from './build-page.ts';
import { reportOnStderr } from './watching.ts';

/** An error answer, for the person at the page. */
export class HttpError extends Error {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  /** @param detail What to do, or what exactly is wrong. */
  constructor(
    status: number,
    title: string,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.problem = { title, status, detail };
    this.headers = headers;
  }
}

/** A request with a fault. */
export class RequestFault extends HttpError {
  constructor(detail: string) {
    super(400, 'The request is not right', detail);
  }
}

/**
 * Allows only the page's own files, so the text of a message cannot run code.
 * https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const SECURITY_HEADERS = new Map([
  ['content-security-policy', CONTENT_SECURITY_POLICY],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['cache-control', 'no-store'],
]);

/** The headers of every answer. */
export function setSecurityHeaders(response: ServerResponse): void {
  response.setHeaders(SECURITY_HEADERS);
}

/** @throws {HttpError} If there is no such file, or it is not asked for with GET or HEAD. */
export function sendFile(
  { method }: IncomingMessage,
  response: ServerResponse,
  file: PageFile | undefined,
): void {
  if (!file) throw new HttpError(404, 'There is nothing here', 'The console is at /.');
  if (method !== 'GET' && method !== 'HEAD') throw notAllowed(['GET', 'HEAD']);
  send(response, 200, file.contentType, file.body);
}

export function sendJson(response: ServerResponse, value: unknown): void {
  send(response, 200, 'application/json', JSON.stringify(value));
}

/** Answers with the error. Only an {@link HttpError} gives details to the page. */
export function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  error: unknown,
): void {
  // The request failed because the client is gone.
  if (response.destroyed) return;
  const isExpected = error instanceof HttpError;
  if (!isExpected) reportOnStderr(`answer ${request.method} ${path}`, error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { problem, headers } = isExpected ? error : FAILED;
  response.setHeaders(new Map(Object.entries(headers)));
  if (path === '/') send(response, problem.status, 'text/html; charset=utf-8', errorPage(problem));
  else send(response, problem.status, 'application/problem+json', JSON.stringify(problem));
}

/** The error for another method than these. */
export function notAllowed(methods: readonly string[]): HttpError {
  const allow = methods.join(', ');
  return new HttpError(405, 'Not this way', `Only ${allow} is possible here.`, { allow });
}

const FAILED = new HttpError(500, 'Something failed', 'The console’s terminal says more.');

/** A text of our own, without anything of the request. */
function errorPage({ title, detail = '' }: Problem): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><h1>${title}</h1><p>${detail}</p></html>\n`;
}

function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string | Uint8Array,
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  });
  // Node leaves out the body of an answer to HEAD.
  response.end(body);
}
