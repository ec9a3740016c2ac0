import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type AwsError, type Service, wireError } from './aws-error.ts';
import { hangUp, listen } from './listen.ts';

/** A call that a function, or any AWS client, made. */
export interface AwsCall {
  readonly service: Service;
  /** `PutItem`, `Publish`, ... */
  readonly operation: string;
  /** Among all calls, from 0. */
  readonly index: number;
  /** Among the calls of this operation, from 0. */
  readonly nth: number;
  /** `Date.now()` */
  readonly at: number;
  /** DynamoDB's JSON, or SNS's parameters (`TopicArn`, `Message`, ...). */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What goes wrong with a call. */
export type Fault =
  /** The service refuses it. */
  | ({ readonly kind: 'error-before' } & AwsError)
  /** The service does it and answers with an error. */
  | ({ readonly kind: 'error-after' } & AwsError)
  /** It never gets there: the connection breaks. */
  | { readonly kind: 'reset' }
  /** It is done, and the connection breaks before the answer. */
  | { readonly kind: 'drop-answer' }
  /** It never gets there, and no answer comes. */
  | { readonly kind: 'hang' }
  /** It is done, and no answer comes. */
  | { readonly kind: 'hang-after' }
  /** It gets there late, even if the caller has given up. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Something happens after it is done and before it is answered. */
  | { readonly kind: 'after'; readonly run: () => void | Promise<void> };

/**
 * Says what goes wrong with a call; nothing, if nothing. It may take its time: the call does not get
 * there before it returns, so a test can do something at exactly that point.
 */
export type FaultFunction = (call: AwsCall) => Fault | undefined | Promise<Fault | undefined>;

export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  /** Every call so far, in order. */
  readonly calls: readonly AwsCall[];
  /** The one fault function from now on; none, and every call passes. */
  setFault(fault: FaultFunction | undefined): void;
  setTarget(url: string): void;
  /** Refuses connections. */
  stop(): Promise<void>;
  /** Accepts them again, on the same port. */
  start(): Promise<void>;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | string;
}

/** Starts a proxy in front of DynamoDB or SNS that can make each call go wrong in each way it can. */
export async function startFaultProxy(options: { target: string }): Promise<FaultProxy> {
  const calls: AwsCall[] = [];
  const agent = new Agent({ keepAlive: true });
  const closing = new AbortController();
  let { target } = options;
  let faultOf: FaultFunction | undefined;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const call = awsCall(request.headers, body.toString(), calls);
    calls.push(call);
    const fault = await faultOf?.(call);
    const forward = () => send(target, request, body, agent);

    switch (fault?.kind) {
      case undefined:
        return answer(response, await forward());
      case 'error-before':
        return answer(response, wireError(call.service, fault));
      case 'error-after':
        await forward();
        return answer(response, wireError(call.service, fault));
      case 'reset':
        return void response.destroy();
      case 'drop-answer':
        await forward();
        return void response.destroy();
      case 'hang':
        return;
      case 'hang-after':
        return void (await forward());
      case 'delay':
        await delay(fault.ms, undefined, { signal: closing.signal });
        return answer(response, await forward());
      case 'after': {
        const answered = await forward();
        await fault.run();
        return answer(response, answered);
      }
    }
  }

  const server = createServer((request, response) => {
    // The caller is gone, the target is down, or this is closing: there is nobody to tell.
    handle(request, response).catch(() => response.destroy());
  });
  const port = await listen(server);

  async function close(): Promise<void> {
    closing.abort();
    await hangUp(server);
    agent.destroy();
  }

  return {
    url: `http://localhost:${port}`,
    calls,
    setFault: (fault) => {
      faultOf = fault;
    },
    setTarget: (url) => {
      target = url;
    },
    stop: () => hangUp(server),
    start: async () => void (await listen(server, port)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function awsCall(headers: IncomingHttpHeaders, body: string, before: readonly AwsCall[]): AwsCall {
  const target = String(headers['x-amz-target'] ?? '');
  const parsed: Record<string, unknown> = target
    ? JSON.parse(body || '{}')
    : Object.fromEntries(new URLSearchParams(body));
  const service = target.startsWith('DynamoDB') ? 'dynamodb' : target ? 'sqs' : 'sns';
  const operation = target ? target.slice(target.indexOf('.') + 1) : String(parsed.Action);
  const nth = (before.findLast((call) => call.operation === operation)?.nth ?? -1) + 1;
  return { service, operation, index: before.length, nth, at: Date.now(), body: parsed };
}

async function send(
  target: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  agent: Agent,
): Promise<Answer> {
  const outgoing = httpRequest(new URL(url ?? '/', target), { method, headers, agent });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return {
    status: incoming.statusCode ?? 502,
    headers: incoming.headers,
    body: await buffer(incoming),
  };
}

function answer(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.destroyed) return;
  const { 'transfer-encoding': _, connection: __, ...own } = headers;
  response.writeHead(status, { ...own, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
