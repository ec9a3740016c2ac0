import { randomUUID } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { InvocationResult } from './function-instance.ts';
import { gatewayEvent } from './gateway-event.ts';
import {
  FAILED,
  type GatewayResponse,
  gatewayResponse,
  NOT_FOUND,
  TOO_LARGE,
  TOO_MANY,
  UNAVAILABLE,
} from './gateway-response.ts';
import { hangUp, listen } from './listen.ts';
import { type Route, routeMatcher } from './routes.ts';
import { createThrottle, type ThrottleSettings } from './throttle.ts';

/** API Gateway's limit for a body. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** What the stack itself answers at a path that no route of an API may have. */
export type OwnResponder = (request: {
  /** The gateway's. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}) => GatewayResponse;

export interface GatewayOptions {
  readonly routes: readonly Route[];
  /** Runs the function with this ARN. */
  readonly invoke: (functionArn: string, event: unknown) => Promise<InvocationResult>;
  /** Without it, everything passes. */
  readonly throttle?: ThrottleSettings | undefined;
  /** By path, whatever the method. */
  readonly ownPaths?: Readonly<Record<string, OwnResponder>>;
  /** 0 for any free port. */
  readonly port?: number;
}

export interface Gateway extends AsyncDisposable {
  readonly url: string;
}

/**
 * Serves the template's routes as an HTTP API of API Gateway does. Whatever a function does, the
 * caller gets an answer and the next request is served: serverless-offline answers 200 to a crash
 * and to a timeout, and a PBX would take that for delivered.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { routes, invoke, throttle, ownPaths = {}, port } = options;
  const match = routeMatcher(routes);
  const mayPass = throttle ? createThrottle(throttle) : () => true;

  async function respond(request: IncomingMessage, requestId: string): Promise<GatewayResponse> {
    const [path = '/'] = (request.url ?? '/').split('?');
    const own = Object.hasOwn(ownPaths, path) ? ownPaths[path] : undefined;
    if (own) {
      const body = await readBody(request);
      const { headers } = request;
      return body ? own({ url: urlOf(request), headers, body }) : TOO_LARGE;
    }
    const found = match(request.method ?? 'GET', path);
    if (!found) return NOT_FOUND;
    if (!mayPass()) {
      request.resume();
      return TOO_MANY;
    }
    const body = await readBody(request);
    if (!body) return TOO_LARGE;
    return integrate(found.route, gatewayEvent(request, body, found, requestId));
  }

  async function integrate({ functionArn, timeoutMs }: Route, event: unknown) {
    const answered = new AbortController();
    try {
      return await Promise.race([
        invoke(functionArn, event).then(gatewayResponse),
        delay(timeoutMs, UNAVAILABLE, { signal: answered.signal }),
      ]);
    } finally {
      answered.abort();
    }
  }

  const server = createServer(async (request, response) => {
    const requestId = randomUUID();
    response.setHeader('apigw-requestid', requestId);
    try {
      send(response, await respond(request, requestId));
    } catch (error) {
      // The caller is gone, the stack is closing, or the result is no HTTP: a line break in a header.
      if (!response.destroyed) console.error(`${request.method} ${request.url}:`, error);
      send(response, FAILED);
    }
  });
  const ownPort = await listen(server, port);
  return { url: urlAt(ownPort), [Symbol.asyncDispose]: () => hangUp(server) };
}

function urlOf({ socket }: IncomingMessage): string {
  return urlAt(socket.localPort ?? 0);
}

function urlAt(port: number): string {
  return `http://localhost:${port}`;
}

/** @returns Nothing if it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    // Read to the end all the same: a caller that is cut off while it sends sees no answer.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, headers, body }: GatewayResponse): void {
  if (response.destroyed) return;
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(body);
}
