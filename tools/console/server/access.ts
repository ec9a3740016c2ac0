import type { IncomingMessage } from 'node:http';
import type { ConsoleSession } from './console-session.ts';
import { HttpError } from './http-error.ts';
import { LOOPBACK_NAMES } from './loopback.ts';

/** Who may use the console: anyone on this machine, or only who has the session. */
export type Access =
  | { readonly kind: 'local' }
  | { readonly kind: 'session'; readonly session: ConsoleSession };

const DEFAULT_PORT = 80;

/**
 * Refuses what another page, or another name for this machine, may have sent.
 *
 * @param isApi Not the page itself, to which other pages may link.
 * @throws {HttpError} 403
 */
export function refuseOtherSites(request: IncomingMessage, access: Access, isApi: boolean): void {
  const { host = '', origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const port = portOf(request);
  const hosts = LOOPBACK_NAMES.map((name) => `${name}:${port}`);
  if (!(hosts.includes(host) || (port === DEFAULT_PORT && LOOPBACK_NAMES.includes(host)))) {
    throw forbidden(`Open it as http://localhost:${port}/.`);
  }
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const isFromHere = site === 'same-origin' || (site === 'none' && isRead);
  if (isApi && site !== undefined && !isFromHere) throw forbidden(FOREIGN);
  if (isRead) return;
  if (origin !== undefined && origin !== `http://${host}`) throw forbidden(FOREIGN);
  if (origin === undefined && site === undefined && access.kind !== 'session') {
    throw forbidden(`Add the header Origin: http://${host}, as a browser does.`);
  }
}

const FOREIGN = 'Only the console’s own page may ask for this.';

function forbidden(detail: string): HttpError {
  return new HttpError(403, 'Not allowed', detail);
}

/**
 * Whether the request may see anything. The secret comes in a header, which the page adds, and not in a
 * cookie: a browser sends cookies to every port of a host, whoever serves it:
 * https://www.rfc-editor.org/rfc/rfc6265#section-8.5
 */
export function hasSession({ headers }: IncomingMessage, access: Access): boolean {
  if (access.kind !== 'session') return true;
  const [, given = ''] = /^Bearer ([\w-]+)$/i.exec(headers.authorization ?? '') ?? [];
  return access.session.has(given);
}

function portOf({ socket }: IncomingMessage): number {
  return socket.localPort ?? 0;
}
