import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HttpError } from './responses.ts';

/** The address on which everything that shows messages listens: only this machine reaches it. */
export const LOOPBACK = '127.0.0.1';

/**
 * The host names that requests may use. A web page can point any other name at this machine, and would
 * then read the answers as its own: https://en.wikipedia.org/wiki/DNS_rebinding
 */
export const LOOPBACK_NAMES: readonly string[] = ['localhost', LOOPBACK, '[::1]'];

/** Who may use the console: anyone on this machine, or only who has the session. */
export type Access =
  | { readonly kind: 'local' }
  | { readonly kind: 'session'; readonly session: ConsoleSession };

/**
 * The session of one start of a console. A code in the printed URL begins it, once: browsers keep the
 * URL in their history, and terminals keep what was printed. The page gets the secret in exchange.
 */
export class ConsoleSession {
  readonly code = random();
  readonly #secret = random();
  #isBegun = false;

  /** @returns The secret; nothing if the code is wrong, or has been used. */
  begin(code: string): string | undefined {
    if (this.#isBegun || !isSame(code, this.code)) return undefined;
    this.#isBegun = true;
    return this.#secret;
  }

  has(secret: string): boolean {
    return isSame(secret, this.#secret);
  }
}

function random(): string {
  return randomBytes(32).toString('base64url');
}

/** Compares in constant time. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', expected, 'buffer'));
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

const DEFAULT_PORT = 80;

/**
 * Refuses what another page, or another name for this machine, may have sent.
 *
 * @param isApi Not the page itself, to which other pages may link.
 * @throws {HttpError} 403
 */
export function refuseOtherSites(request: IncomingMessage, access: Access, isApi: boolean): void {
  const { host = '', origin, 'sec-fetch-site': site } = request.headers;
  const port = request.socket.localPort ?? 0;
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
