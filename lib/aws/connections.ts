import type { Agent, ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { noteIdle } from './stale-connections.ts';

const CONNECTION_TIMEOUT_MS = 500;

/**
 * A connection that was opened ahead is not used when it is older. Lambda may freeze a function between its
 * start and its first invocation, and the service may hang up meanwhile.
 */
const USED_WITHIN_MS = 5_000;

type Connect = (options: ClientRequestArgs, callback?: OnConnected) => Socket | undefined;
type OnConnected = (error: Error | null, stream: Duplex) => void;

interface Ahead {
  readonly socket: Socket;
  /** Epoch ms. A process's own clock may stand still while it is frozen. */
  readonly openedAt: number;
}

/**
 * Makes an agent's connections, with a time limit. The SDK's `connectionTimeout` does the same, but its
 * timer runs on after the call.
 *
 * Node allows this override: https://nodejs.org/api/http.html#agentcreateconnectionoptions-callback
 */
export class Connections {
  readonly #agent: Agent;
  readonly #connect: Connect;
  /** Connections that are open and unused, by the agent's name of their destination. */
  readonly #ahead = new Map<string, Ahead>();
  readonly #tried = new Set<string>();

  constructor(agent: Agent) {
    this.#agent = agent;
    this.#connect = limited(agent.createConnection.bind(agent) as Connect);
    agent.createConnection = (options, callback) =>
      this.#take(agent.getName(options)) ?? this.#connect(options, callback);
  }

  /**
   * Connects, with the TLS handshake, and sends nothing. The agent's next request to the same destination
   * uses this connection. Works once for each destination.
   *
   * @param options The options that the agent would pass to `createConnection`.
   * @param until Gives up when it aborts.
   * @returns When the connection is open or has failed.
   */
  async openAhead(options: ClientRequestArgs, until: AbortSignal): Promise<void> {
    const name = this.#agent.getName(options);
    if (this.#tried.has(name)) return;
    this.#tried.add(name);
    // An agent that passes the connection to the callback cannot be prepared. Others call it without a
    // stream.
    const socket = this.#connect(options, (_, stream) => stream?.destroy());
    if (!socket) return;
    const giveUp = () => socket.destroy();
    until.addEventListener('abort', giveUp);
    // Until the agent adds its own listener.
    socket.on('error', ignore);
    await new Promise<void>((resolve) => {
      socket.once('close', resolve);
      socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
        this.#ahead.set(name, { socket, openedAt: Date.now() });
        // The agent does the same with an idle connection.
        socket.unref();
        resolve();
      });
    });
    until.removeEventListener('abort', giveUp);
  }

  #take(name: string): Socket | undefined {
    const ahead = this.#ahead.get(name);
    if (!ahead) return undefined;
    this.#ahead.delete(name);
    const { socket, openedAt } = ahead;
    // Data that the service sent unasked, such as a 408, is not the answer to a request.
    const isQuiet = socket.writable && socket.readableLength === 0;
    if (!isQuiet || Date.now() - openedAt > USED_WITHIN_MS) {
      socket.destroy();
      return undefined;
    }
    socket.off('error', ignore);
    noteIdle();
    return socket.ref();
  }
}

function ignore(): void {}

function limited(connect: Connect): Connect {
  return (options, callback) => {
    const socket = connect(options, callback);
    // An agent may pass it to the callback instead. Then only the request's time limit applies.
    if (!socket) return undefined;
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error('No connection in time'), { code: 'ETIMEDOUT' }));
    }, CONNECTION_TIMEOUT_MS);
    const stop = () => clearTimeout(timer);
    socket.once('connect', stop).once('close', stop);
    return socket;
  };
}
