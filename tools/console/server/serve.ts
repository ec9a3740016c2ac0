import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from './loopback.ts';
import type { ConsoleSite } from './site.ts';

export interface ServedConsole extends AsyncDisposable {
  /** Without a path. */
  readonly url: string;
}

/**
 * Serves a console on a port of its own, for this machine only.
 *
 * @param port 0 for any free one.
 * @throws {Error} Node's own, if the port cannot be had; its code is `EADDRINUSE` if somebody else has it.
 */
export async function serveConsole(site: ConsoleSite, port: number): Promise<ServedConsole> {
  const server = createServer((request, response) => {
    if (site.owns(request)) return site.handle(request, response);
    response.writeHead(404, { 'content-type': 'text/plain' }).end('The console is at /.\n');
  });
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
