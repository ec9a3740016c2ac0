import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventHub } from './event-hub.ts';
import { sendMessages } from './export-messages.ts';
import {
  readChaos,
  readExport,
  readFilter,
  readQuery,
  readRefusedQuery,
  readReplay,
  readSend,
} from './inputs.ts';
import { HttpError, notAllowed, RequestFault, sendJson } from './responses.ts';
import type { ConsoleLab, ConsoleSource } from './source.ts';

/** No request of the page is larger. */
const MAX_BODY_BYTES = 64 * 1024;

/** A request to the API: its parts, not checked yet. */
interface ApiRequest {
  /** What follows the path; empty where nothing may. */
  readonly parameter: string;
  readonly query: URLSearchParams;
  /** Any JSON; nothing, if there was no body. */
  readonly body: unknown;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/** @returns What is answered as JSON; nothing for a 204. */
type Answerer = (request: ApiRequest) => unknown;
type Answerers = Partial<Record<'GET' | 'POST' | 'PUT', Answerer>>;

/** All routes by their paths. A path that ends with a slash takes a parameter. */
function routesOf(
  source: ConsoleSource,
  closing: AbortSignal,
): Readonly<Record<string, Answerers>> {
  const lab = (): ConsoleLab => {
    if (source.lab) return source.lab;
    throw new HttpError(404, 'This stack has none', 'Only the local stack of `npm start` has it.');
  };
  return {
    stack: { GET: () => source.info },
    setup: { GET: () => source.setup },
    messages: { GET: ({ query, signal }) => source.list(readQuery(query), signal) },
    'messages/': {
      async GET({ parameter, signal }) {
        const found = await source.detail(parameter, signal);
        if (found) return found;
        const detail = 'It was never stored, or deleted since.';
        throw new HttpError(404, 'There is no such message', detail);
      },
    },
    attempts: { GET: ({ signal }) => source.attempts(signal) },
    requests: { GET: ({ query, signal }) => source.refused(readRefusedQuery(query), signal) },
    'requests/': {
      async GET({ parameter, signal }) {
        const found = await source.refusedDetail(parameter, signal);
        if (found) return found;
        const detail = 'It was not refused, or is not known any more.';
        throw new HttpError(404, 'There is no such refused request', detail);
      },
    },
    // Answered by the hub.
    events: { GET: () => undefined },
    // Answered as a file.
    export: { GET: () => undefined },
    replay: {
      POST({ body }) {
        // A person has confirmed it. It does not stop half-way because the page is closed.
        if (source.replay) return source.replay(readReplay(body), closing);
        const detail = 'Start it with --allow-replay to publish messages again.';
        throw new HttpError(403, 'This console is read-only', detail);
      },
    },
    replays: { GET: () => source.replays() },
    send: { POST: ({ body }) => lab().send(readSend(body)) },
    deliveries: { GET: () => lab().deliveries() },
    outbox: { GET: () => lab().outbox() },
    chaos: {
      GET: () => lab().chaos(),
      PUT({ body }) {
        lab().setChaos(readChaos(body));
        return lab().chaos();
      },
    },
    sweep: { POST: () => lab().sweep() },
    clear: { POST: () => lab().clear() },
    counters: { GET: () => lab().counters() },
    subscriber: { GET: () => lab().subscriber() },
    filter: { POST: ({ body }) => lab().filter(readFilter(body)) },
    subscribers: { GET: () => lab().subscribers() },
    emails: { GET: () => lab().emails() },
  };
}

/**
 * The console's API, as protocol.ts has it.
 *
 * @param closing Aborts when the console ends.
 * @throws {HttpError} The caller sends it as the answer.
 */
export function createApi(
  source: ConsoleSource,
  hub: EventHub,
  closing: AbortSignal,
): (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void> {
  const routes = routesOf(source, closing);
  return async (request, response, path) => {
    const { method = 'GET' } = request;
    const [name = '', ...parts] = path.split('/');
    const [encoded] = parts;
    const key = encoded === undefined ? name : `${name}/`;
    const answerers = Object.hasOwn(routes, key) ? routes[key] : undefined;
    if (!answerers || parts.length > 1 || encoded === '') {
      const detail = 'tools/console/protocol.ts has what there is.';
      throw new HttpError(404, 'There is nothing here', detail);
    }
    const parameter = decoded(encoded ?? '');
    const answer = answererOf(answerers, method);
    // Nobody reads the stream that would follow.
    const isStream = path === 'events' || path === 'export';
    if (isStream && method === 'HEAD') throw notAllowed(['GET']);
    if (path === 'events') {
      hub.add(response);
      return;
    }
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const [, query = ''] = (request.url ?? '').split('?');
    if (path === 'export') {
      const { format, ...asked } = readExport(new URLSearchParams(query));
      await sendMessages(response, source.export(asked, gone.signal), format, gone.signal);
      return;
    }
    const result = await answer({
      parameter,
      query: new URLSearchParams(query),
      body: method === 'GET' || method === 'HEAD' ? undefined : await bodyOf(request),
      signal: gone.signal,
    });
    if (result === undefined) response.writeHead(204).end();
    else sendJson(response, result);
  };
}

function answererOf({ GET, POST, PUT }: Answerers, method: string): Answerer {
  const known = new Map(Object.entries({ GET, HEAD: GET, POST, PUT }));
  const answerer = known.get(method);
  if (answerer) return answerer;
  throw notAllowed([...known.keys()].filter((name) => known.get(name)));
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new RequestFault('The path is not encoded as a URL is.');
  }
}

/** Reads the body. @returns Nothing, if nothing was sent. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding === undefined && (length ?? '0') === '0' ? undefined : readJson(request);
}

/** @throws {HttpError} If the body is no JSON, or too large. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') {
    throw new HttpError(415, 'The body is no JSON', 'Its content-type must be application/json.');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Read to the end all the same: a client that is cut off while it sends sees no answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES) {
    throw new HttpError(413, 'The body is too large', `It may have ${MAX_BODY_BYTES} bytes.`);
  }
  try {
    return JSON.parse(String(Buffer.concat(chunks)));
  } catch {
    throw new RequestFault('The body is no JSON.');
  }
}
