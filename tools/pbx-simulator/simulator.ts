import { setTimeout as delay } from 'node:timers/promises';
import { connectionProblem } from './connection-problem.ts';
import { formRequest, type PbxRequest, type RepeatedFields } from './request.ts';

/** The number in the provider's guide. Then the PBX e-mails the message. */
export const MAX_ATTEMPTS = 10;
/** The provider gives no figure. Longer than API Gateway lets a function run here. */
export const TIMEOUT_MS = 15_000;
/** The provider gives no figure. */
export const RETRY_DELAY_MS = 1_000;

/** One request of the PBX, with its answer or error. */
export type PbxAttempt = { readonly ms: number } & (
  | { readonly status: number; readonly body: string }
  | { readonly error: string }
);

export interface PbxResult {
  readonly delivered: boolean;
  readonly attempts: readonly PbxAttempt[];
  /** The PBX has given up and e-mailed the message to the fallback address. */
  readonly emailed: boolean;
}

export interface PbxOptions {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly repeated?: RepeatedFields | undefined;
  readonly retry?: {
    readonly attempts?: number;
    readonly delayMs?: number;
    /** Ends the retries after such an attempt. A PBX does not do this. */
    readonly unless?: (attempt: PbxAttempt) => boolean;
  };
  readonly timeoutMs?: number;
  /** Changes the request of the form: see `MALFORMED` of request.ts. */
  readonly alter?: (request: PbxRequest) => PbxRequest;
  /** Headers that something between the PBX and the endpoint adds, such as an edge. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Replaces the global one, to see or break requests. */
  readonly fetch?: typeof fetch;
  readonly onAttempt?: (attempt: PbxAttempt) => void;
  /** Cancels it. A PBX does not do this. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Delivers an SMS as the PBX does. Only a 200 counts. It retries after anything else, such as another 2xx
 * or no answer. After the last failed attempt the message is e-mailed.
 *
 * @throws The signal's reason once it has aborted; nothing else.
 */
export async function sendAsPbx(options: PbxOptions): Promise<PbxResult> {
  const { retry = {}, onAttempt, signal } = options;
  const { attempts: maxAttempts = MAX_ATTEMPTS, delayMs = RETRY_DELAY_MS, unless } = retry;
  const attempts: PbxAttempt[] = [];
  while (attempts.length < maxAttempts) {
    if (attempts.length > 0) await pause(delayMs, signal);
    const attempt = await post(options);
    signal?.throwIfAborted();
    attempts.push(attempt);
    onAttempt?.(attempt);
    if ('status' in attempt && attempt.status === 200) {
      return { delivered: true, attempts, emailed: false };
    }
    if (unless?.(attempt)) break;
  }
  return { delivered: false, attempts, emailed: true };
}

/** @throws The signal's own reason. Node's timer would throw another error. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {}).catch(() => {});
  signal?.throwIfAborted();
}

async function post(options: PbxOptions): Promise<PbxAttempt> {
  const { url, fields, timeoutMs = TIMEOUT_MS, alter, signal, fetch: send = fetch } = options;
  const form = formRequest(fields, options.repeated);
  const request = alter ? alter(form) : form;
  const timeout = AbortSignal.timeout(timeoutMs);
  const begin = performance.now();
  const ms = () => Math.round(performance.now() - begin);
  try {
    const answer = await send(url, {
      ...request,
      headers: { ...request.headers, ...options.headers },
      // A redirect is not a 200, even if it leads to one.
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    return { status: answer.status, body: await answer.text(), ms: ms() };
  } catch (error) {
    return { error: reasonOf(error), ms: ms() };
  }
}

function reasonOf(error: unknown): string {
  // `fetch` itself says only that it failed.
  return connectionProblem(error) ?? String((error as Error).cause ?? error);
}
