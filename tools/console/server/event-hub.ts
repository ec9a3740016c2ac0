import type { ServerResponse } from 'node:http';
import type { ConsoleEvents } from '../protocol.ts';
import type { ConsoleSource } from './source.ts';

export interface EventHubOptions {
  /** Default: 15 s. */
  readonly heartbeatMs?: number;
  /** What may wait for a client that does not read, bytes. Default: 4 MiB. */
  readonly maxBacklog?: number;
}

const HEARTBEAT_MS = 15_000;
const MAX_BACKLOG = 4 * 1024 * 1024;

/**
 * Sends every event to each client. The source is watched once, however many there are, and not at all
 * while there is none.
 */
export class EventHub implements Disposable {
  readonly #source: Pick<ConsoleSource, 'info' | 'watch'>;
  readonly #heartbeatMs: number;
  readonly #maxBacklog: number;
  readonly #clients = new Set<ServerResponse>();
  #watching: DisposableStack | undefined;

  constructor(source: Pick<ConsoleSource, 'info' | 'watch'>, options: EventHubOptions = {}) {
    this.#source = source;
    this.#heartbeatMs = options.heartbeatMs ?? HEARTBEAT_MS;
    this.#maxBacklog = options.maxBacklog ?? MAX_BACKLOG;
  }

  /** Answers with the events from now on, until the client goes or the console ends. */
  add(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(eventText('hello', this.#source.info));
    this.#clients.add(response);
    response.on('close', () => this.#remove(response));
    // Before the page can have heard `hello`, on which it asks for what there is.
    this.#watching ??= this.#watch();
  }

  /** Ends every stream. */
  [Symbol.dispose](): void {
    for (const client of this.#clients) client.end();
    this.#clients.clear();
    this.#stop();
  }

  #watch(): DisposableStack {
    const watching = new DisposableStack();
    watching.use(this.#source.watch((name, data) => this.#send(eventText(name, data))));
    // A comment: a tab that is gone, and a proxy that ends what is silent, show by it.
    const timer = setInterval(() => this.#send(':\n\n'), this.#heartbeatMs);
    watching.defer(() => clearInterval(timer));
    return watching;
  }

  #send(text: string): void {
    for (const client of this.#clients) {
      // It would have to be told everything later, and its page asks for it all when it connects again.
      if (client.writableLength > this.#maxBacklog) client.destroy();
      else client.write(text);
    }
  }

  #remove(client: ServerResponse): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#stop();
  }

  #stop(): void {
    this.#watching?.dispose();
    this.#watching = undefined;
  }
}

/** JSON has no line breaks, which would end the data. */
function eventText<Name extends keyof ConsoleEvents>(name: Name, data: ConsoleEvents[Name]) {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
