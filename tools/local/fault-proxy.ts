import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type HttpAnswer, send } from './http-answer.ts';
import { hangUp, LOOPBACK_NAME, listen } from './listen.ts';

/** A call of a function or of another AWS client. */
export interface AwsCall {
  readonly service: Service;
  /** `PutItem`, `Publish`, ... */
  readonly operation: string;
  /** Its index among all calls, from 0. */
  readonly index: number;
  /** Its index among the calls of this operation, from 0. */
  readonly nth: number;
  /** `Date.now()` */
  readonly at: number;
  /** DynamoDB's JSON, or SNS's parameters (`TopicArn`, `Message`, ...). */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A fault of a call. */
export type Fault =
  /** The service refuses the call. */
  | ({ readonly kind: 'error-before' } & AwsError)
  /** The service does the call and answers with an error. */
  | ({ readonly kind: 'error-after' } & AwsError)
  /** The connection breaks before the call arrives. */
  | { readonly kind: 'reset' }
  /** The service does the call, and the connection breaks before the answer. */
  | { readonly kind: 'drop-answer' }
  /** The call never arrives, and no answer comes. */
  | { readonly kind: 'hang' }
  /** The service does the call, and no answer comes. */
  | { readonly kind: 'hang-after' }
  /** The call arrives late, even if the caller has given up. Then `next` may go wrong. */
  | { readonly kind: 'delay'; readonly ms: number; readonly next?: Fault | undefined }
  /** Runs something after the call is done and before it is answered. */
  | { readonly kind: 'after'; readonly run: () => void | Promise<void> };

/**
 * Returns the fault of a call; undefined if it should pass. The call waits until this returns, so a test
 * can do something at exactly that point.
 */
export type FaultFunction = (call: AwsCall) => Fault | undefined | Promise<Fault | undefined>;

/** The result of a call. */
export interface CallReport {
  readonly call: AwsCall;
  readonly ms: number;
  readonly fault?: Fault | undefined;
  /** `broken`: the connection broke. `silent`: no answer will come. `unheard`: the caller was gone. */
  readonly end: 'answered' | 'unheard' | 'broken' | 'silent';
  /** The caller's answer, also if it was not sent. */
  readonly answer?: Pick<HttpAnswer, 'status' | 'body'> | undefined;
}

export interface FaultProxyOptions {
  readonly target: string;
  /** How many of `calls` to keep: the latest. Default: all. */
  readonly maxCalls?: number;
  /** Called when a call is over. */
  readonly onCall?: (report: CallReport) => void;
}

export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  /** The calls so far, in order: all, or the latest `maxCalls`. */
  readonly calls: readonly AwsCall[];
  /** Replaces the fault function. With `undefined`, every call passes. */
  setFault(fault: FaultFunction | undefined): void;
  setTarget(url: string): void;
  /** Refuses connections. */
  stop(): Promise<void>;
  /** Accepts connections again, on the same port. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy in front of an AWS service that can make calls fail in all these ways. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { maxCalls = Number.POSITIVE_INFINITY, onCall } = options;
  const calls: AwsCall[] = [];
  const number = callNumbers();
  const agent = new Agent({ keepAlive: true });
  const closing = new AbortController();
  let { target } = options;
  let faultOf: FaultFunction | undefined;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const call = number(request.headers, body.toString());
    calls.push(call);
    if (calls.length > maxCalls) calls.shift();
    const begin = performance.now();
    let fault: Fault | undefined;
    let end: CallReport['end'] = 'broken';
    let answer: HttpAnswer | undefined;
    try {
      fault = await faultOf?.(call);
      const outcome = await suffer(call, fault, () => forward(target, request, body, agent));
      if (outcome === 'broken') response.destroy();
      else if (outcome === 'silent') end = outcome;
      else {
        answer = outcome;
        end = send(response, outcome) ? 'answered' : 'unheard';
      }
    } finally {
      onCall?.({ call, ms: Math.round(performance.now() - begin), fault, end, answer });
    }
  }

  /** @returns The caller's answer, or why there is none. */
  async function suffer(
    call: AwsCall,
    fault: Fault | undefined,
    forward: () => Promise<HttpAnswer>,
  ): Promise<HttpAnswer | 'broken' | 'silent'> {
    switch (fault?.kind) {
      case undefined:
        return forward();
      case 'error-before':
        return wireError(call.service, fault);
      case 'error-after':
        await forward();
        return wireError(call.service, fault);
      case 'reset':
        return 'broken';
      case 'drop-answer':
        await forward();
        return 'broken';
      case 'hang':
        return 'silent';
      case 'hang-after':
        await forward();
        return 'silent';
      case 'delay':
        await delay(fault.ms, undefined, { signal: closing.signal });
        return suffer(call, fault.next, forward);
      case 'after': {
        const answered = await forward();
        await fault.run();
        return answered;
      }
    }
  }

  const server = createServer((request, response) => {
    // The caller is gone, the target is down, or this is closing. Nobody waits for an answer.
    handle(request, response).catch(() => response.destroy());
  });
  const port = await listen(server);

  async function close(): Promise<void> {
    closing.abort();
    await hangUp(server);
    agent.destroy();
  }

  return {
    url: `http://${LOOPBACK_NAME}:${port}`,
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

/** Reads and numbers each call. */
function callNumbers(): (headers: IncomingHttpHeaders, body: string) => AwsCall {
  const perOperation = new Map<string, number>();
  let index = 0;
  return (headers, body) => {
    const target = String(headers['x-amz-target'] ?? '');
    const parsed: Record<string, unknown> = target
      ? JSON.parse(body || '{}')
      : Object.fromEntries(new URLSearchParams(body));
    const service = target ? (SERVICES[target.split(/[_.]/)[0] ?? ''] ?? 'sqs') : 'sns';
    const operation = target ? target.slice(target.indexOf('.') + 1) : String(parsed.Action);
    const nth = perOperation.get(operation) ?? 0;
    perOperation.set(operation, nth + 1);
    return { service, operation, index: index++, nth, at: Date.now(), body: parsed };
  };
}

/** Repeats a request to another server. */
async function forward(
  target: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  agent: Agent,
): Promise<HttpAnswer> {
  const outgoing = httpRequest(new URL(url ?? '/', target), { method, headers, agent });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const { 'transfer-encoding': _, connection: __, ...own } = incoming.headers;
  return { status: incoming.statusCode ?? 502, headers: own, body: await buffer(incoming) };
}

/** An AWS service that a function or a subscriber calls. */
export type Service = 'dynamodb' | 'sns' | 'sqs' | 'ssm';

/** Services by the prefix of the call's target. SNS has no target, because it uses the query protocol. */
const SERVICES: Readonly<Record<string, Service>> = {
  DynamoDB: 'dynamodb',
  AmazonSQS: 'sqs',
  AmazonSSM: 'ssm',
};

/** An error of an AWS service. */
export interface AwsError {
  /** `ProvisionedThroughputExceededException`, `Throttling`, ... */
  readonly code: string;
  /** Default: 400. */
  readonly status?: number;
  readonly message?: string;
}

/** DynamoDB's own errors have its namespace. Errors of the framework below it have others. */
const NAMESPACES: Record<string, string> = {
  ThrottlingException: 'com.amazon.coral.availability',
  UnrecognizedClientException: 'com.amazon.coral.service',
  AccessDeniedException: 'com.amazon.coral.service',
  ValidationException: 'com.amazon.coral.validate',
};

const OWN_NAMESPACES = {
  dynamodb: 'com.amazonaws.dynamodb.v20120810',
  sqs: 'com.amazonaws.sqs',
  ssm: 'com.amazonaws.ssm',
};

/** The error in its service's format. SNS uses the query protocol (XML), the others JSON. */
function wireError(service: Service, error: AwsError): HttpAnswer {
  const { code, status = 400, message = `${code}, injected by the fault proxy` } = error;
  const requestId = randomUUID();
  if (service === 'sns') {
    const type = status < 500 ? 'Sender' : 'Receiver';
    return {
      status,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
      body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>${type}</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    };
  }
  const own = OWN_NAMESPACES[service];
  const __type = `${NAMESPACES[code] ?? own}#${code}`;
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': requestId },
    body: JSON.stringify({ __type, message }),
  };
}
