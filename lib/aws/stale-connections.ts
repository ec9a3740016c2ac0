import { AsyncLocalStorage } from 'node:async_hooks';
import type { Agent } from 'node:http';

/** What is known of the connection that the request under way got. */
interface Connection {
  wasIdle: boolean;
}

const current = new AsyncLocalStorage<Connection>();

/** How Node says that a connection was closed or reset. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE']);

/** Notes that the request under way in this context gets a connection that was idle until now. */
export function noteIdle(): void {
  const connection = current.getStore();
  if (connection) connection.wasIdle = true;
}

/**
 * Notes when a request gets a connection that an earlier one had used. Node calls this in the context of the request.
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
 * Makes a request. If it fails because its idle connection had ended, it is made again at once.
 * A service closes idle connections, and a NAT gateway forgets them. A function that was frozen meanwhile may
 * hear of it only by its next request.
 * https://nodejs.org/api/http.html#requestreusedsocket
 * https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html#nat-gateway-troubleshooting-timeout
 *
 * @param send Makes one request.
 * @throws What the last request failed with.
 */
export async function sendAgainIfStale<Response>(send: () => Promise<Response>): Promise<Response> {
  for (;;) {
    const connection = { wasIdle: false };
    try {
      return await current.run(connection, send);
    } catch (error) {
      // Ends with the idle connections, each of which can fail once.
      if (!connection.wasIdle || !isClosed(error)) throw error;
    }
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && CLOSED.has((error as NodeJS.ErrnoException).code ?? '');
}
