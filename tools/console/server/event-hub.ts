import type { ServerResponse } from 'node:http';
import type { ConsoleSource } from './source.ts';

export interface EventHubOptions {
  /** Default: 15 s. */
  readonly heartbeatMs?: number;
  /** What may wait for a client that does not read, bytes. Default: 4 MiB. */
  readonly maxBacklog?: number;
}

/** Where the streams of events end. Disposed of, it ends each of them. */
export interface EventHub extends Disposable {
  /** Answers with the events from now on, until the client goes or the console ends. */
  add(response: ServerResponse): void;
}

/**
 * Sends every event to each client. The source is watched once, however many there are, and not at all
 * while there is none.
 */
export function createEventHub(
  source: Pick<ConsoleSource, 'info' | 'watch'>,
  { heartbeatMs = 15_000, maxBacklog = 4 * 1024 * 1024 }: EventHubOptions = {},
): EventHub {
  const clients = new Set<ServerResponse>();
  let watching: DisposableStack | undefined;

  function send(text: string): void {
    for (const client of clients) {
      // Drop a slow client: its page reloads everything when it reconnects.
      if (client.writableLength > maxBacklog) client.destroy();
      else client.write(text);
    }
  }

  function watch(): DisposableStack {
    const started = new DisposableStack();
    started.use(source.watch((name, data) => send(eventText(name, data))));
    // A comment. It shows that a tab is gone, and keeps proxies from ending a silent stream.
    const timer = setInterval(() => send(':\n\n'), heartbeatMs);
    started.defer(() => clearInterval(timer));
    return started;
  }

  function stop(): void {
    watching?.dispose();
    watching = undefined;
  }

  return {
    add(response) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(eventText('hello', source.info));
      clients.add(response);
      response.on('close', () => {
        clients.delete(response);
        if (clients.size === 0) stop();
      });
      // Watch before the page can have heard `hello`: then it asks for everything.
      watching ??= watch();
    },
    [Symbol.dispose]() {
      for (const client of clients) client.end();
      clients.clear();
      stop();
    },
  };
}

/** JSON has no line breaks, which would end the data. */
function eventText(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
