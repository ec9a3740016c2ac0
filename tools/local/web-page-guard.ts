import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { LOOPBACK_NAMES } from '../console/server/access.ts';

/**
 * Who may send a request, besides programs on this machine.
 *
 * - `programs`: nobody. A browser may show the answer to a person who types the address.
 * - `page`: a page of this server, which refuses other pages itself. It needs a name of this machine.
 * - `everybody`: any client, under any name.
 */
export type Audience = 'programs' | 'page' | 'everybody';

/** Tells the audience of a request. */
export type AudienceOf = (request: IncomingMessage) => Audience;

type Listener = (this: Server, request: IncomingMessage, response: ServerResponse) => void;

const guarded = new WeakSet<Server>();

/** Puts the check before all that `server` does with a request. Once is enough, however often it listens. */
export function guard(server: Server, audienceOf: AudienceOf = () => 'programs'): void {
  if (guarded.has(server)) return;
  guarded.add(server);
  const listeners = server.listeners('request') as Listener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const reason = reasonToRefuse(request, audienceOf(request));
    if (reason === undefined)
      for (const listener of listeners) listener.call(server, request, response);
    else refuse(response, reason);
  });
}

/** Why the request is refused; nothing if it may pass. */
function reasonToRefuse(
  { headers: { host = '', origin, 'sec-fetch-site': site } }: IncomingMessage,
  audience: Audience,
): string | undefined {
  if (audience === 'everybody') return undefined;
  const name = host.toLowerCase().replace(/:\d+$/, '');
  if (!LOOPBACK_NAMES.includes(name)) return OTHER_NAME;
  if (audience === 'page') return undefined;
  // A browser sends `Sec-Fetch-Site` with every request to this machine, and `Origin` with each that is not
  // a plain read: https://fetch.spec.whatwg.org/#origin-header. AWS SDKs and the AWS CLI send neither.
  const isTyped = site === undefined || site === 'none';
  return origin === undefined && isTyped ? undefined : WEB_PAGE;
}

const OTHER_NAME = `The local stack is reached as ${LOOPBACK_NAMES.join(', ')} only, with any port: the Host header names something else, which a web page could have led here. Only the webhook's own path takes any Host.`;
const WEB_PAGE =
  'The local stack answers programs here, not web pages: the request has an Origin or a Sec-Fetch-Site header, which only a browser sends. Ask from a server or a command line.';

/** In the words of AWS, which its clients show. */
function refuse(response: ServerResponse, message: string): void {
  const body = JSON.stringify({ __type: 'AccessDeniedException', message });
  response.writeHead(403, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
