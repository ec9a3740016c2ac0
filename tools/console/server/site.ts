import type { IncomingMessage, ServerResponse } from 'node:http';
import { API_PATH, type SessionAnswer } from '../protocol.ts';
import { type Access, hasSession, refuseOtherSites } from './access.ts';
import { createApi } from './api.ts';
import { FILES_PATH, type PageFile } from './build-page.ts';
import { EventHub, type EventHubOptions } from './event-hub.ts';
import { HttpError } from './http-error.ts';
import { readSession } from './inputs.ts';
import { readJson } from './json-body.ts';
import { sendError, sendFile, sendJson, setSecurityHeaders } from './responses.ts';
import type { ConsoleSource } from './source.ts';

export interface ConsoleSiteOptions {
  readonly source: ConsoleSource;
  /** See build-page.ts. */
  readonly page: ReadonlyMap<string, PageFile>;
  readonly access: Access;
  readonly events?: EventHubOptions;
}

/** The console, to be served on a port that may be another's as well. */
export interface ConsoleSite extends AsyncDisposable {
  /** Whether the path is the console's. */
  owns(request: IncomingMessage): boolean;
  /** Answers such a request, whatever happens. */
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/** Serves the page at `/`, and everything else of the console below `/_console/`. */
export function createConsoleSite(options: ConsoleSiteOptions): ConsoleSite {
  const { source, page, access } = options;
  const hub = new EventHub(source, options.events);
  const api = createApi(source, hub);

  async function answer(request: IncomingMessage, response: ServerResponse, path: string) {
    setSecurityHeaders(response);
    refuseOtherSites(request, access, path !== '/');
    if (access.kind === 'session' && request.method === 'POST' && path === SESSION_PATH) {
      const { code } = readSession(await readJson(request));
      const secret = access.session.begin(code);
      if (secret === undefined) throw SESSION_USED;
      sendJson(response, 200, { secret } satisfies SessionAnswer);
    } else if (path.startsWith(API_PATH)) {
      if (!hasSession(request, access)) throw NO_SESSION;
      await api(request, response, path.slice(API_PATH.length));
    }
    // The page's files hold no message, and the page needs them to send its session.
    else sendFile(request, response, page.get(path));
  }

  return {
    owns: (request) => isOurs(request, pathOf(request)),
    handle(request, response) {
      const path = pathOf(request);
      answer(request, response, path).catch((error: unknown) => {
        sendError(request, response, path, error);
      });
    },
    async [Symbol.asyncDispose]() {
      hub[Symbol.dispose]();
    },
  };
}

const SESSION_PATH = `${API_PATH}session`;

/** The scheme is for the page's own requests: a browser asks nobody for a password because of it. */
const NO_SESSION = new HttpError(
  401,
  'This console needs a session',
  'Open the URL that `inbound-sms console` has printed. It begins a session once; each start prints a new one.',
  { 'www-authenticate': 'Bearer' },
);
const SESSION_USED = new HttpError(
  401,
  'This URL begins no session',
  'It has been used, or is of another start. Start `inbound-sms console` again for a new one.',
  { 'www-authenticate': 'Bearer' },
);

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?')[0] ?? '/';
}

/** At the root, only what a browser asks for: everything else there may be an API's route. */
function isOurs({ method }: IncomingMessage, path: string): boolean {
  return path === '/' ? method === 'GET' || method === 'HEAD' : path.startsWith(FILES_PATH);
}
