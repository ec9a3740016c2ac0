import { randomUUID } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { InvocationResult } from './function-runtime.ts';
import {
  FAILED,
  gatewayEvent,
  gatewayResponse,
  NOT_FOUND,
  TOO_LARGE,
  TOO_MANY,
  UNAVAILABLE,
} from './gateway-payload.ts';
import { type HttpAnswer, send } from './http-answer.ts';
import { type Audience, hangUp, LOOPBACK_NAME, listen } from './listen.ts';
import { createThrottle, type Route, routeMatcher, type ThrottleSettings } from './routes.ts';

/** API Gateway's limit for a body. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Makes the stack's own answer at a path that no route of an API may have. */
export type OwnResponder = (request: {
  /** The gateway's URL. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}) => HttpAnswer;

/** Answers requests that are not for the API. */
export interface Site {
  /** Whether the request is for this site. */
  owns(request: IncomingMessage): boolean;
  /** Answers such a request. Refuses requests of other pages. */
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/** A request to a route and its answer. */
export interface AnsweredRequest {
  /** The request's id for both API Gateway and Lambda. */
  readonly requestId: string;
  /** The route's key. */
  readonly route: string;
  /** Undefined if it was too large. */
  readonly body: Buffer | undefined;
  readonly response: HttpAnswer;
  /** False if the caller was gone. */
  readonly isSent: boolean;
  readonly ms: number;
  /** Why the answer is not the function's. */
  readonly failure?: string | undefined;
}

export interface GatewayOptions {
  readonly routes: readonly Route[];
  /** Runs the function with this ARN. */
  readonly invoke: (functionArn: string, event: unknown) => Promise<InvocationResult>;
  /** Without it, no request is throttled. */
  readonly throttle?: ThrottleSettings | undefined;
  /** By path, for every method. */
  readonly ownPaths?: Readonly<Record<string, OwnResponder>>;
  /** Comes before everything else. */
  readonly site?: Site | undefined;
  /** Called for every request to a route. */
  readonly onAnswer?: ((answered: AnsweredRequest) => void) | undefined;
  /** 0 for any free port. */
  readonly port?: number;
}

export interface Gateway extends AsyncDisposable {
  readonly url: string;
  /** Answers a request of another server, but never for the site. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/**
 * Serves the template's routes as an HTTP API of API Gateway does. A failing function never stops it: the
 * caller gets an answer, and the next request is served. serverless-offline answers 200 to a crash and to a
 * timeout, which a PBX would take for delivered.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { routes, invoke, throttle, ownPaths = {}, site, onAnswer, port } = options;
  const match = routeMatcher(routes);
  const mayPass = throttle ? createThrottle(throttle) : () => true;

  async function respond(request: IncomingMessage, requestId: string): Promise<Responded> {
    const [path = '/'] = (request.url ?? '/').split('?');
    const own = Object.hasOwn(ownPaths, path) ? ownPaths[path] : undefined;
    if (own) {
      const body = await readBody(request);
      const { headers } = request;
      return { response: body ? own({ url: urlOf(request), headers, body }) : TOO_LARGE };
    }
    const found = match(request.method ?? 'GET', path);
    if (!found) return { response: NOT_FOUND };
    const route = found.route.key;
    const passes = mayPass();
    const body = await readBody(request);
    if (!passes) return { response: TOO_MANY, route, body };
    if (!body) return { response: TOO_LARGE, route, body };
    const event = gatewayEvent(request, body, found, requestId);
    return { ...(await integrate(found.route, event)), route, body };
  }

  async function integrate({ functionArn, timeoutMs }: Route, event: unknown): Promise<Responded> {
    const answered = new AbortController();
    const { signal } = answered;
    try {
      return await Promise.race([
        invoke(functionArn, event).then((result) => ({
          response: gatewayResponse(result),
          failure: result.ok ? undefined : failureOf(result),
        })),
        delay(
          timeoutMs,
          { response: UNAVAILABLE, failure: 'API Gateway waits no longer' },
          { signal },
        ),
      ]);
    } finally {
      answered.abort();
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const begin = performance.now();
    const requestId = randomUUID();
    response.setHeader('apigw-requestid', requestId);
    try {
      const { route, body, ...responded } = await respond(request, requestId);
      const isSent = send(response, responded.response);
      const ms = Math.round(performance.now() - begin);
      if (route !== undefined) onAnswer?.({ ...responded, requestId, route, body, isSent, ms });
    } catch (error) {
      // The caller is gone, the stack is closing, or the result is no valid HTTP, such as a header with a
      // line break.
      if (!response.destroyed) console.error(`${request.method} ${request.url}:`, error);
      if (!response.headersSent) send(response, FAILED);
    }
  }

  const server = createServer((request, response) =>
    site?.owns(request) ? site.handle(request, response) : handle(request, response),
  );
  // The PBX may come through a tunnel or the network and use any name, so only the token counts.
  const audienceOf = (request: IncomingMessage): Audience => {
    const { method = 'GET', url = '/' } = request;
    const [path = '/'] = url.split('?');
    if (site?.owns(request)) return 'page';
    if (Object.hasOwn(ownPaths, path)) return 'programs';
    return match(method, path) ? 'everybody' : 'programs';
  };
  const ownPort = await listen(server, port, audienceOf);
  return { url: urlAt(ownPort), handle, [Symbol.asyncDispose]: () => hangUp(server) };
}

interface Responded {
  readonly response: HttpAnswer;
  readonly failure?: string | undefined;
  /** Only for a request to a route. */
  readonly route?: string;
  readonly body?: Buffer | undefined;
}

/** Leaves out what the function threw, which may quote a message. */
function failureOf({ kind, message }: Extract<InvocationResult, { ok: false }>): string {
  return kind === 'error' ? 'The function threw an error' : (message.split('\n')[0] ?? '');
}

function urlOf({ socket }: IncomingMessage): string {
  return urlAt(socket.localPort ?? 0);
}

function urlAt(port: number): string {
  return `http://${LOOPBACK_NAME}:${port}`;
}

/** @returns Undefined if it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    // Reads to the end, because a caller that is cut off while it sends sees no answer.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}
