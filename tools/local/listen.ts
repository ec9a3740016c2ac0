import { once } from 'node:events';
import { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from '../console/server/access.ts';
import { type AudienceOf, guard } from './web-page-guard.ts';

/** Somebody else has the port. */
export class PortInUseError extends Error {
  readonly port: number;

  constructor(port: number) {
    super(`Port ${port} is in use`);
    this.name = 'PortInUseError';
    this.port = port;
  }
}

/** The operating system keeps the port for others. */
export class PortForbiddenError extends Error {
  readonly port: number;

  constructor(port: number) {
    super(`Port ${port} needs elevated privileges`);
    this.name = 'PortForbiddenError';
    this.port = port;
  }
}

/**
 * Makes `server` listen on this machine only, because the emulators check no credentials and the local
 * token is known, and refuse what a web page asks for. Its request listeners must be there before.
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
 * Refuses new connections and cuts the open ones; the server keeps its state and may {@link listen}
 * again. Not `server.close`, which dynalite overrides to close its database as well.
 */
export async function hangUp(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  Server.prototype.close.call(server);
  server.closeAllConnections();
  await closed;
}
