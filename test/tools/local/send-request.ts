import { type IncomingMessage, request } from 'node:http';

/** Sends exactly these headers, including repeated ones. */
export async function send(
  url: string,
  { method = 'POST', headers = [] as string[], body = '' as string | Buffer } = {},
) {
  const host = ['host', new URL(url).host, 'content-length', String(Buffer.byteLength(body))];
  const outgoing = request(url, { method, headers: [...host, ...headers] as never });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.on('response', resolve).on('error', reject).end(body);
  return promise;
}
