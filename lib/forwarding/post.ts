import {
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
} from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import type { Answer } from './forwarding-ports.ts';
import type { Outgoing } from './outgoing.ts';

type Post = Extract<Outgoing, { kind: 'post' }>;

const LIMITS = {
  /** For connecting, sending and waiting for the status, ms. */
  answerMs: 10_000,
  /** For the rest of an answer, ms. It is read only so that the connection can be used again. */
  drainMs: 1_000,
};
const DRAIN_BYTES = 65_536;

const AGENTS = {
  plain: new PlainAgent({ keepAlive: true }),
  tls: new Agent({ keepAlive: true }),
};

/** Posts once and waits for the status. Follows no redirect, uses no proxy and never rejects. */
export async function post(
  outgoing: Post,
  deadline?: AbortSignal,
  limits = LIMITS,
): Promise<Answer> {
  const end = performance.now() + limits.answerMs;
  const first = await attempt(outgoing, deadline, limits);
  if (first !== 'stale') return first;
  const answerMs = Math.max(0, end - performance.now());
  const second = await attempt(outgoing, deadline, { ...limits, answerMs });
  return second === 'stale' ? { fault: CLOSED } : second;
}

/**
 * @returns `stale` if a reused connection ended without an answer. The receiver may close such a connection
 * at any time.
 */
async function attempt(
  { url, headers, body }: Post,
  deadline: AbortSignal | undefined,
  { answerMs, drainMs }: typeof LIMITS,
): Promise<Answer | 'stale'> {
  const isPlain = URL.parse(url)?.protocol === 'http:';
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    agent: isPlain ? AGENTS.plain : AGENTS.tls,
    ...(deadline && { signal: deadline }),
  };
  let sent: ClientRequest | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    const opened = isPlain ? plainRequest(url, options) : request(url, options);
    sent = opened;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      timer = setTimeout(() => opened.destroy(new TimeIsUp()), answerMs);
      opened.on('response', resolve);
      opened.on('error', reject);
      // A 101 answer ends the request without an error.
      opened.on('close', () => reject(new ConnectionClosed()));
      opened.end(body);
    });
    await drain(response, drainMs);
    const { statusCode: status = 0, headers } = response;
    return { status, retryAfter: headers['retry-after'] };
  } catch (error) {
    const fault = faultOf(error);
    return sent?.reusedSocket && fault === CLOSED ? 'stale' : { fault };
  } finally {
    clearTimeout(timer);
  }
}

class TimeIsUp extends Error {
  readonly code = 'ETIMEDOUT';
}

class ConnectionClosed extends Error {
  readonly code = 'ECONNRESET';
}

/** Reads the rest of an answer. Ends the connection if the rest is long or slow. */
function drain(response: IncomingMessage, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const timer = setTimeout(() => response.destroy(), limitMs);
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > DRAIN_BYTES) response.destroy();
    });
    response.on('error', () => {});
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const CLOSED = 'connection closed';

/** By Node's error codes. */
const FAULTS: Readonly<Record<string, string>> = {
  ABORT_ERR: 'timeout',
  ETIMEDOUT: 'timeout',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: CLOSED,
  EPIPE: CLOSED,
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'host unreachable',
};

/** These codes have no common prefix: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const TLS =
  /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_|HOSTNAME_)/;

function faultOf(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (FAULTS[code]) return FAULTS[code];
  if (TLS.test(code)) return 'TLS';
  return code.startsWith('HPE_') ? 'answer is not HTTP' : 'request failed';
}
