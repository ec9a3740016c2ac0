import type { Agent } from 'node:http';

/** Errors of requests on connections that earlier requests had used. */
const ofReused = new WeakSet<Error>();

/** How Node says that a connection was closed or reset. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE']);

const remember = (error: Error) => void ofReused.add(error);

/**
 * Has {@link isStale} know the errors of this agent's requests.
 * https://nodejs.org/api/http.html#agentreusesocketsocket-request
 */
export function noticeReuse<Kind extends Agent>(agent: Kind): Kind {
  const reuse = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket, request) => {
    reuse(socket, request);
    request.once('error', remember);
  };
  return agent;
}

/**
 * Whether a request failed because its idle connection had ended: it can be made again at once.
 * A service closes idle connections, and a NAT gateway forgets them. A function that was frozen meanwhile may
 * hear of it only by its next request.
 * https://nodejs.org/api/http.html#requestreusedsocket
 * https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html#nat-gateway-troubleshooting-timeout
 *
 * @param wasOpenedAhead Of a connection that no request had used.
 */
export function isStale(error: unknown, wasOpenedAhead: boolean): boolean {
  if (!(error instanceof Error) || !(wasOpenedAhead || ofReused.has(error))) return false;
  return CLOSED.has((error as NodeJS.ErrnoException).code ?? '');
}
