import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventHub } from './event-hub.ts';
import { badInput, HttpError } from './http-error.ts';
import { readJson } from './json-body.ts';
import { notAllowed, sendJson } from './responses.ts';
import { type Answerers, ROUTES } from './routes.ts';
import { type ConsoleSource, RequestFault } from './source.ts';

type Api = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

/** The console's API, as protocol.ts has it. @throws {HttpError} For whoever sends the answer. */
export function createApi(source: ConsoleSource, hub: EventHub): Api {
  return async (request, response, path) => {
    const { answerers, parameter } = routeOf(path);
    const { method = 'GET' } = request;
    const answer = answererOf(answerers, method);
    if (path === 'events') {
      // Nobody reads the stream that would follow.
      if (method === 'HEAD') throw notAllowed(['GET']);
      hub.add(response);
      return;
    }
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const [, query = ''] = (request.url ?? '').split('?');
    const result = await answer({
      source,
      parameter,
      query: new URLSearchParams(query),
      body: method === 'GET' || method === 'HEAD' ? undefined : await bodyOf(request),
      signal: gone.signal,
    }).catch((error: unknown) => {
      throw error instanceof RequestFault ? badInput(error.message) : error;
    });
    if (result === undefined) response.writeHead(204).end();
    else sendJson(response, 200, result);
  };
}

/** Nothing, where nothing was sent. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding === undefined && (length ?? '0') === '0' ? undefined : readJson(request);
}

function routeOf(path: string): { readonly answerers: Answerers; readonly parameter: string } {
  const [name = '', ...parts] = path.split('/');
  const [encoded] = parts;
  const key = encoded === undefined ? name : `${name}/`;
  const answerers = Object.hasOwn(ROUTES, key) ? ROUTES[key] : undefined;
  if (!answerers || parts.length > 1 || encoded === '') {
    throw new HttpError(
      404,
      'There is nothing here',
      'tools/console/protocol.ts has what there is.',
    );
  }
  return { answerers, parameter: decoded(encoded ?? '') };
}

function answererOf(answerers: Answerers, method: string) {
  const { GET, POST, PUT } = answerers;
  const known = { GET, HEAD: GET, POST, PUT };
  const answerer = Object.hasOwn(known, method) ? known[method as keyof typeof known] : undefined;
  if (answerer) return answerer;
  const methods = Object.entries(known).flatMap(([name, each]) => (each ? [name] : []));
  throw notAllowed(methods);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badInput('The path is not encoded as a URL is.');
  }
}
