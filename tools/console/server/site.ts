import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { API_PATH } from '../protocol.ts';
import type { SessionAnswer } from '../stack-protocol.ts';
import { type Access, hasSession, LOOPBACK, refuseOtherSites } from './access.ts';
import { createApi, readJson } from './api.ts';
import { FILES_PATH, type PageFile } from './build-page.ts';
import { createEventHub, type EventHubOptions } from './event-hub.ts';
import { readSession } from './inputs.ts';
import { HttpError, sendError, sendFile, sendJson, setSecurityHeaders } from './responses.ts';
import type { ConsoleSource } from './source.ts';

export interface ConsoleSiteOptions {
  readonly source: ConsoleSource;
  /** See build-page.ts. */
  readonly page: ReadonlyMap<string, PageFile>;
  readonly access: Access;
  readonly events?: EventHubOptions;
}

/** The console's requests, on a port that may also serve others. Disposing of it ends its streams and replays. */
export interface ConsoleSite extends Disposable {
  /** Whether the path belongs to the console. */
  owns(request: IncomingMessage): boolean;
  /** Answers a request of the console, also if it fails. */
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/** Serves the page at `/` and the rest of the console below `/_console/`. */
export function createConsoleSite(options: ConsoleSiteOptions): ConsoleSite {
  const { source, page, access } = options;
  const hub = createEventHub(source, options.events);
  const closing = new AbortController();
  const api = createApi(source, hub, closing.signal);

  async function answer(request: IncomingMessage, response: ServerResponse, path: string) {
    setSecurityHeaders(response);
    refuseOtherSites(request, access, path !== '/');
    if (access.kind === 'session' && request.method === 'POST' && path === SESSION_PATH) {
      const { code } = readSession(await readJson(request));
      const secret = access.session.begin(code);
      if (secret === undefined) throw SESSION_USED;
      sendJson(response, { secret } satisfies SessionAnswer);
    } else if (path.startsWith(API_PATH)) {
      if (!hasSession(request, access)) throw NO_SESSION;
      await api(request, response, path.slice(API_PATH.length));
    }
    // Without a session: the page's files have no messages, and the page needs them to send its session.
    else sendFile(request, response, page.get(path));
  }

  return {
    owns(request) {
      const path = pathOf(request);
      // At the root, only the files that a browser asks for: other paths may be routes of the API.
      if (path === '/') return request.method === 'GET' || request.method === 'HEAD';
      return path.startsWith(FILES_PATH);
    },
    handle(request, response) {
      const path = pathOf(request);
      answer(request, response, path).catch((error: unknown) => {
        sendError(request, response, path, error);
      });
    },
    [Symbol.dispose]() {
      closing.abort();
      hub[Symbol.dispose]();
    },
  };
}

const SESSION_PATH = `${API_PATH}session`;

/** The page sends this scheme itself, and browsers ask for no password because of it. */
const CHALLENGE = { 'www-authenticate': 'Bearer' };
const NO_SESSION = new HttpError(
  401,
  'This console needs a session',
  'Open the URL that `inbound-sms console` has printed. It begins a session once; each start prints a new one.',
  CHALLENGE,
);
const SESSION_USED = new HttpError(
  401,
  'This URL begins no session',
  'It has been used, or is of another start. Start `inbound-sms console` again for a new one.',
  CHALLENGE,
);

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?')[0] ?? '/';
}

interface ServedConsole extends AsyncDisposable {
  /** Without a path. */
  readonly url: string;
}

/**
 * Serves a console on its own port, for this machine only.
 *
 * @param port 0 for any free port.
 * @throws {Error} Node's error if the port is not available, with the code `EADDRINUSE` if it is in use.
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
      site[Symbol.dispose]();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
