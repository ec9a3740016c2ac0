import { setGlobalProxyFromEnv } from 'node:http';
import { Readable } from 'node:stream';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
import { callAbort } from '../../lib/aws/call-within.ts';
import { CliError, EXIT, usageError } from './cli-error.ts';
import { NOT_AWS } from './explain-error.ts';

type Handle = NodeHttpHandler['handle'];
type Answer = Awaited<ReturnType<Handle>>;
type Request = Parameters<Handle>[0];

/** By default, the SDK waits forever. */
const CONNECTION_TIMEOUT_MS = 5_000;
const LIMIT_MS = 15_000;
/** A poll of SQS waits up to 20 s for a message. A search of the logs is slow. */
const LONG_CALLS = /\.(ReceiveMessage|FilterLogEvents)$/;
const LONG_LIMIT_MS = 35_000;
/** After this many bytes, the limit starts again: a slow connection is not a silent server. */
const PROGRESS = 65_536;

/** Each AWS service sends a request id with each answer: in a header, and in XML answers also in the body. */
const REQUEST_ID = ['x-amzn-requestid', 'x-amzn-request-id', 'x-amz-request-id'];

const NO_ANSWER = 'Check the network, the VPN, HTTPS_PROXY and AWS_ENDPOINT_URL.';

/** An unusable answer. `mayHelp` tells the SDK whether to try again. */
function answerError(name: string, mayHelp: boolean, message: string, hint: string): CliError {
  const error = new CliError(EXIT.failed, message, hint);
  return Object.assign(error, { name, $retryable: mayHelp ? {} : undefined });
}

export interface AwsHttpOptions extends Pick<NodeHttpHandlerOptions, 'httpAgent' | 'httpsAgent'> {
  /** Some emulators leave the request id out. */
  readonly needsRequestId?: boolean;
  /** Default: longer than AWS ever needs. */
  readonly limitMs?: number | undefined;
}

/** Sends the SDK's requests. It limits the time of the whole answer, and checks that AWS answers. */
export class AwsHttpHandler extends NodeHttpHandler {
  readonly #needsRequestId: boolean;
  readonly #limitMs: number | undefined;
  #hasAnswered = false;

  constructor({ needsRequestId = true, limitMs, ...agents }: AwsHttpOptions = {}) {
    super({ ...agents, connectionTimeout: CONNECTION_TIMEOUT_MS });
    this.#needsRequestId = needsRequestId;
    this.#limitMs = limitMs;
  }

  override async handle(...[request, options]: Parameters<Handle>): Promise<Answer> {
    const isLong = LONG_CALLS.test(request.headers['x-amz-target'] ?? '');
    const limitMs = this.#limitMs ?? (isLong ? LONG_LIMIT_MS : LIMIT_MS);
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), limitMs);
    const ended = (options?.abortSignal as AbortSignal | undefined) ?? callAbort();
    const abortSignal = ended ? AbortSignal.any([ended, limit.signal]) : limit.signal;
    let hasBegun = false;
    try {
      const answer = await super.handle(request, { ...options, abortSignal });
      hasBegun = true;
      const content = await readAll(answer, () => timer.refresh());
      this.#hasAnswered = true;
      this.#refuseOthers(request, answer, content);
      answer.response.body = Readable.from([content]);
      return answer;
    } catch (error) {
      if (!limit.signal.aborted || ended?.aborted) throw error;
      const after = `${limitMs / 1000} seconds`;
      const what = hasBegun
        ? `${request.hostname} began an answer, and had not sent all of it after ${after}.`
        : `${request.hostname} has not answered for ${after}.`;
      throw answerError('NoAnswerError', this.#hasAnswered, what, NO_ANSWER);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * A proxy or the login page of a hotel may answer instead of AWS. The SDK would read that as an empty answer of
   * AWS.
   */
  #refuseOthers({ hostname }: Request, { response }: Answer, content: Buffer): void {
    const { statusCode, headers } = response;
    // A gateway error may be short.
    const mayHelp = statusCode >= 500;
    const refuse = (what: string) => {
      const message = `${hostname} answers ${statusCode} with ${what}, which AWS never does.`;
      return answerError('NotAwsError', mayHelp, message, NOT_AWS);
    };
    if (statusCode >= 300 && statusCode < 400) {
      throw refuse(`a redirect to ${hostOf(headers.location)}`);
    }
    // Emulators also send JSON as text/html.
    if (/\bhtml\b/.test(headers['content-type'] ?? '') && isPage(content)) {
      throw refuse('a web page');
    }
    const isIdentified =
      REQUEST_ID.some((name) => headers[name]) || content.includes('<RequestId>');
    if (this.#needsRequestId && statusCode < 300 && !isIdentified) {
      throw refuse('no request id');
    }
  }
}

/** The answers are small, and the SDK also holds them in memory. */
async function readAll({ response }: Answer, onProgress: () => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let unseen = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    unseen += chunk.length;
    if (unseen < PROGRESS) continue;
    unseen = 0;
    onProgress();
  }
  return Buffer.concat(chunks);
}

function isPage(content: Buffer): boolean {
  return /^\s*(<!doctype html|<html)/i.test(content.subarray(0, 200).toString());
}

function hostOf(location = ''): string {
  return URL.canParse(location) ? new URL(location).host : 'another page';
}

/** These hosts never go through a proxy: there, `localhost` would be the proxy's machine. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]', '::1'];

/**
 * Makes `fetch` use the proxies of HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
 *
 * @returns The same settings for the SDK's agents, as the variables that Node's agents read.
 * @throws {CliError} If one is no URL.
 */
export function useProxies(environment: Readonly<Record<string, string | undefined>>) {
  const of = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const HTTP_PROXY = proxyUrl('HTTP_PROXY', of('HTTP_PROXY'));
  const HTTPS_PROXY = proxyUrl('HTTPS_PROXY', of('HTTPS_PROXY'));
  const NO_PROXY = [of('NO_PROXY'), ...LOOPBACK].filter(Boolean).join(',');
  const proxies = {
    ...(HTTP_PROXY && { HTTP_PROXY }),
    ...(HTTPS_PROXY && { HTTPS_PROXY }),
    NO_PROXY,
  };
  setGlobalProxyFromEnv(proxies);
  return proxies;
}

/** Accepts an address without a scheme, as curl does. */
function proxyUrl(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = value.includes('://') ? value : `http://${value}`;
  if (/^https?:/i.test(url) && URL.canParse(url)) return url;
  throw usageError(
    `${name} is not the URL of an HTTP proxy.`,
    'Set it to a URL such as http://proxy.example.com:3128.',
  );
}
