import { setGlobalProxyFromEnv } from 'node:http';
import { Readable } from 'node:stream';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
import { callAbort } from '../../lib/aws/call-within.ts';
import { CliError, EXIT, usageError } from './cli-error.ts';
import { NOT_AWS } from './explain-error.ts';

type Handle = NodeHttpHandler['handle'];
type Answer = Awaited<ReturnType<Handle>>;
type Request = Parameters<Handle>[0];

/** The SDK waits for ever by default. */
const CONNECTION_TIMEOUT_MS = 5_000;
const LIMIT_MS = 15_000;
/** A poll of SQS waits up to 20 s for a message. A search of the logs takes its time. */
const LONG_CALLS = /\.(ReceiveMessage|FilterLogEvents)$/;
const LONG_LIMIT_MS = 35_000;
/** Bytes of an answer that earn it the whole limit again: a slow line is no silent server. */
const PROGRESS = 65_536;

/** Each service of AWS sends one with each answer: in a header, XML in the text as well. */
const REQUEST_ID = ['x-amzn-requestid', 'x-amzn-request-id', 'x-amz-request-id'];

const NO_ANSWER = 'Check the network, the VPN, HTTPS_PROXY and AWS_ENDPOINT_URL.';

/** An answer that is no use. The SDK tries again if it is told that this may help. */
function answerError(name: string, mayHelp: boolean, message: string, hint: string): CliError {
  const error = new CliError(EXIT.failed, message, hint);
  return Object.assign(error, { name, $retryable: mayHelp ? {} : undefined });
}

export interface AwsHttpOptions extends Pick<NodeHttpHandlerOptions, 'httpAgent' | 'httpsAgent'> {
  /** Emulators of one service leave the request id out. */
  readonly needsRequestId?: boolean;
  /** Default: what AWS needs at most, with some to spare. */
  readonly limitMs?: number | undefined;
}

/** The SDK's requests, with a limit for the whole answer, and a look at who answers. */
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
   * Something else may answer in the place of AWS, such as a proxy or the login page of a hotel. The SDK
   * would read it as an answer of AWS that holds nothing.
   */
  #refuseOthers({ hostname }: Request, { response }: Answer, content: Buffer): void {
    const { statusCode, headers } = response;
    // A gateway that is down for a moment may be up again.
    const mayHelp = statusCode >= 500;
    const refuse = (what: string) => {
      const message = `${hostname} answers ${statusCode} with ${what}, which AWS never does.`;
      return answerError('NotAwsError', mayHelp, message, NOT_AWS);
    };
    if (statusCode >= 300 && statusCode < 400) {
      throw refuse(`a redirect to ${hostOf(headers.location)}`);
    }
    // Emulators call their JSON a page, too.
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

/** The answers of the services here are small: the SDK holds all of one, too. */
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

/** Never through a proxy: the proxy's own loopback is another machine's. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]', '::1'];

/**
 * Makes `fetch` use the proxies of HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
 *
 * @returns The same for the agents of the SDK, as the variables that Node's agents read.
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

/** As curl does, it takes an address without a scheme. */
function proxyUrl(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = value.includes('://') ? value : `http://${value}`;
  if (/^https?:/i.test(url) && URL.canParse(url)) return url;
  throw usageError(
    `${name} is not the URL of an HTTP proxy.`,
    'Set it to a URL such as http://proxy.example.com:3128.',
  );
}
