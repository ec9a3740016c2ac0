import { once } from 'node:events';
import {
  type Agent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What a service answers. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | string;
}

/** Makes a request once more, of another server. */
export async function forward(
  target: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  agent: Agent,
): Promise<ServiceAnswer> {
  const outgoing = httpRequest(new URL(url ?? '/', target), { method, headers, agent });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return {
    status: incoming.statusCode ?? 502,
    headers: incoming.headers,
    body: await buffer(incoming),
  };
}

/** @returns False if there is nobody left to answer. */
export function reply(response: ServerResponse, { status, headers, body }: ServiceAnswer): boolean {
  if (response.destroyed) return false;
  const { 'transfer-encoding': _, connection: __, ...own } = headers;
  response.writeHead(status, { ...own, 'content-length': Buffer.byteLength(body) });
  response.end(body);
  return true;
}
