import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** How an idle connection may end. */
export const ENDINGS = {
  /** The server closes it. */
  closed(socket: Socket) {
    socket.destroy();
  },
  /** The server resets it. */
  reset(socket: Socket) {
    socket.resetAndDestroy();
  },
  /** A NAT gateway forgot it, and answers the next packet with a reset. */
  forgotten(socket: Socket) {
    socket.on('data', () => socket.resetAndDestroy()).resume();
  },
  /** Packets are lost on the way, without a reset. */
  silent(socket: Socket) {
    socket.resume();
  },
} as const;

/** A proxy between a client and a server, which ends idle connections on command. */
export class Wire implements AsyncDisposable {
  readonly #server: Server;
  /** The client's connections, each with the server's. */
  readonly #pairs = new Map<Socket, Socket>();
  /** The URL for the client, instead of the server's. */
  readonly url: string;
  /** Connections so far. */
  opened = 0;

  static async open(target: string): Promise<Wire> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Wire(server, target, () => connect(Number(port), hostname));
  }

  private constructor(server: Server, target: string, reach: () => Socket) {
    const url = new URL(target);
    url.port = String((server.address() as AddressInfo).port);
    this.url = url.origin;
    this.#server = server.on('connection', (client) => {
      this.opened++;
      const far = reach();
      this.#pairs.set(client, far);
      client.pipe(far).pipe(client);
      for (const socket of [client, far]) {
        // Its end follows.
        socket.on('error', () => {});
        socket.setNoDelay();
      }
      client.once('close', () => {
        this.#pairs.delete(client);
        far.destroy();
      });
      far.once('close', () => client.destroySoon());
    });
  }

  /** Ends every open connection in this way. Connections that are opened later are not affected. */
  async end(how: keyof typeof ENDINGS): Promise<void> {
    await Promise.all(
      [...this.#pairs].map(async ([client, far]) => {
        far.unpipe(client).removeAllListeners('close').destroy();
        client.unpipe(far);
        ENDINGS[how](client);
        if (how === 'closed' || how === 'reset') await once(client, 'close');
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#pairs.keys()) client.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
