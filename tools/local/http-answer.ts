import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** An HTTP response. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<OutgoingHttpHeaders>;
  readonly body: Buffer | string;
}

export function jsonAnswer(
  status: number,
  body: unknown,
  contentType = 'application/json',
): HttpAnswer {
  return { status, headers: { 'content-type': contentType }, body: JSON.stringify(body) };
}

/** @returns False if the caller is gone. */
export function send(response: ServerResponse, { status, headers, body }: HttpAnswer): boolean {
  if (response.destroyed) return false;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
  return true;
}
