import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import type { Answer } from './forwarding-ports.ts';
import type { Outgoing } from './outgoing.ts';

type Post = Extract<Outgoing, { kind: 'post' }>;

/** For connecting, sending and waiting for the status. */
const ANSWER_MS = 10_000;
/** For the rest of an answer, which is read only so that its connection can be used again. */
const DRAIN_MS = 1_000;
const DRAIN_BYTES = 65_536;

const AGENTS = {
  'http:': new PlainAgent({ keepAlive: true }),
  'https:': new Agent({ keepAlive: true }),
};

/**
 * Posts once and waits for the status. It follows no redirect, uses no proxy and never rejects.
 *
 * @param limitMs How long it waits for the status.
 */
export async function post(
  outgoing: Post,
  deadline?: AbortSignal,
  limitMs = ANSWER_MS,
): Promise<Answer> {
  const end = performance.now() + limitMs;
  const first = await attempt(outgoing, deadline, limitMs);
  // The other side may close a connection that is kept open at any time, and nothing was done then.
  if (!('isStale' in first)) return first;
  const { isStale: _, ...answer } = await attempt(outgoing, deadline, end - performance.now());
  return answer;
}

type Attempted = Answer & { isStale?: true };

function attempt(
  { url, headers, body }: Post,
  deadline: AbortSignal | undefined,
  limitMs: number,
): Promise<Attempted> {
  const isPlain = url.startsWith('http:');
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    agent: AGENTS[isPlain ? 'http:' : 'https:'],
    ...(deadline && { signal: deadline }),
  };
  return new Promise((resolve) => {
    const sent = isPlain ? plainRequest(url, options) : request(url, options);
    const timer = setTimeout(() => sent.destroy(new TimeIsUp()), limitMs);
    sent.once('response', async (response) => {
      clearTimeout(timer);
      await drain(response);
      const { statusCode: status = 0, headers } = response;
      resolve({ status, retryAfter: headers['retry-after'] });
    });
    sent.once('error', (error) => {
      clearTimeout(timer);
      const fault = faultOf(error);
      resolve({ fault, ...(sent.reusedSocket && fault === CLOSED && { isStale: true }) });
    });
    sent.end(body);
  });
}

class TimeIsUp extends Error {
  readonly code = 'ETIMEDOUT';
}

/** Reads what is left of an answer, and ends its connection if that is long or slow. */
function drain(response: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const timer = setTimeout(() => response.destroy(), DRAIN_MS);
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

/** By the codes of Node's errors. */
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

/** OpenSSL's codes of certificates have no prefix: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const TLS =
  /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|HOSTNAME_)/;

function faultOf(error: Error): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  return (
    FAULTS[code] ??
    (TLS.test(code) ? 'TLS' : code.startsWith('HPE_') ? 'answer is not HTTP' : 'connection failed')
  );
}
