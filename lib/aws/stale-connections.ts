import { AsyncLocalStorage } from 'node:async_hooks';
import type { Agent } from 'node:http';

/** The connection that the current request got. */
interface Connection {
  wasIdle: boolean;
}

const current = new AsyncLocalStorage<Connection>();

/** Node's error codes for a connection that was closed or reset. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE']);

/** Notes that the current request got a connection that was idle. */
export function noteIdle(): void {
  const connection = current.getStore();
  if (connection) connection.wasIdle = true;
}

/**
 * Notes when a request gets a connection that an earlier one used. Node calls this in the request's
 * context.
 * https://nodejs.org/api/http.html#agentreusesocketsocket-request
 */
export function noticeReuse<Kind extends Agent>(agent: Kind): Kind {
  const reuse = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket, request) => {
    reuse(socket, request);
    noteIdle();
  };
  return agent;
}

/**
 * Makes a request, and makes it again at once if it failed because its idle connection had ended. A service
 * closes idle connections, and a NAT gateway forgets them. A function that was frozen meanwhile may learn
 * this only from its next request.
 * https://nodejs.org/api/http.html#requestreusedsocket
 * https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html#nat-gateway-troubleshooting-timeout
 *
 * @param send Makes one request.
 * @throws The error of the last request.
 */
export async function sendAgainIfStale<Response>(send: () => Promise<Response>): Promise<Response> {
  for (;;) {
    const connection = { wasIdle: false };
    try {
      return await current.run(connection, send);
    } catch (error) {
      // The loop ends, because each idle connection can fail only once.
      if (!connection.wasIdle || !isClosed(error)) throw error;
    }
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && CLOSED.has((error as NodeJS.ErrnoException).code ?? '');
}
