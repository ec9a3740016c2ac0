import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK, LOOPBACK_NAMES } from '../console/server/access.ts';
import { jsonAnswer, send } from './http-answer.ts';

/** Another process has the port. */
export class PortInUseError extends Error {
  readonly port: number;

  constructor(port: number) {
    super(`Port ${port} is in use`);
    this.name = 'PortInUseError';
    this.port = port;
  }
}

/** The operating system reserves the port. */
export class PortForbiddenError extends Error {
  readonly port: number;

  constructor(port: number) {
    super(`Port ${port} needs elevated privileges`);
    this.name = 'PortForbiddenError';
    this.port = port;
  }
}

/**
 * Makes `server` listen on this machine only, and refuses requests of web pages. The emulators check no
 * credentials, and the local token is public. Add the server's request listeners before this.
 *
 * @param port 0 for any free one.
 * @param audienceOf Who may send each request. Default: programs only.
 * @returns The port.
 * @throws {PortInUseError | PortForbiddenError}
 */
export async function listen(server: Server, port = 0, audienceOf?: AudienceOf): Promise<number> {
  guard(server, audienceOf);
  server.listen(port, LOOPBACK);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new PortInUseError(port);
    if (code === 'EACCES') throw new PortForbiddenError(port);
    throw error;
  }
  return (server.address() as AddressInfo).port;
}

/**
 * Refuses new connections and cuts the open ones. The server keeps its state and may {@link listen} again.
 * It does not use `server.close`, which dynalite overrides to close its database as well.
 */
export async function hangUp(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  Server.prototype.close.call(server);
  server.closeAllConnections();
  await closed;
}

/**
 * The host in URLs of the local stack: `localhost`, or the address if that name has only another one, such
 * as `::1`.
 */
export const LOOPBACK_NAME = await nameOfLoopback();

async function nameOfLoopback(): Promise<string> {
  const addresses = await lookup('localhost', { all: true }).catch(() => []);
  return addresses.some(({ address }) => address === LOOPBACK) ? 'localhost' : LOOPBACK;
}

/**
 * Who may send a request, besides programs on this machine.
 *
 * - `programs`: nobody. A browser may show the answer to a person who types the address.
 * - `page`: a page of this server, which itself refuses other pages. The Host must be a name of this
 * machine.
 * - `everybody`: any client, with any Host.
 */
export type Audience = 'programs' | 'page' | 'everybody';

/** Returns the audience of a request. */
export type AudienceOf = (request: IncomingMessage) => Audience;

type Listener = (this: Server, request: IncomingMessage, response: ServerResponse) => void;

const guarded = new WeakSet<Server>();

/** Puts the check before all request listeners of `server`. A second call does nothing. */
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

/** Why the request is refused. Undefined if it may pass. */
function reasonToRefuse(
  { headers: { host = '', origin, 'sec-fetch-site': site } }: IncomingMessage,
  audience: Audience,
): string | undefined {
  if (audience === 'everybody') return undefined;
  const name = host.toLowerCase().replace(/:\d+$/, '');
  if (!LOOPBACK_NAMES.includes(name)) return OTHER_NAME;
  if (audience === 'page') return undefined;
  // A browser sends `Sec-Fetch-Site` with every request to this machine, and `Origin` with every request
  // other than a plain read: https://fetch.spec.whatwg.org/#origin-header. AWS SDKs and the AWS CLI send
  // neither.
  const isTyped = site === undefined || site === 'none';
  return origin === undefined && isTyped ? undefined : WEB_PAGE;
}

const OTHER_NAME = `The local stack is reached as ${LOOPBACK_NAMES.join(', ')} only, with any port: the Host header names something else, which a web page could have led here. Only the webhook's own path takes any Host.`;
const WEB_PAGE =
  'The local stack answers programs here, not web pages: the request has an Origin or a Sec-Fetch-Site header, which only a browser sends. Ask from a server or a command line.';

/** Refuses in AWS's format, which its clients show. */
function refuse(response: ServerResponse, message: string): void {
  response.setHeader('x-content-type-options', 'nosniff');
  send(response, jsonAnswer(403, { __type: 'AccessDeniedException', message }));
}
