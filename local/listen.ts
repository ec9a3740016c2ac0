import { once } from 'node:events';
import { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Only this machine: the emulators check no credentials and the webhook's local token is known. */
const LOOPBACK = '127.0.0.1';

/** Somebody else has the port. */
export class PortInUseError extends Error {
  readonly port: number;

  constructor(port: number) {
    super(`Port ${port} is in use`);
    this.name = 'PortInUseError';
    this.port = port;
  }
}

/**
 * Makes `server` listen on this machine only.
 *
 * @param port 0 for any free one.
 * @returns The port.
 * @throws {PortInUseError}
 */
export async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, LOOPBACK);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new PortInUseError(port);
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
