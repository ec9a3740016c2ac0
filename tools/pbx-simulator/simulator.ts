import { setTimeout as delay } from 'node:timers/promises';
import { connectionProblem } from './connection-problem.ts';
import { formRequest, type PbxRequest, type RepeatedFields } from './request.ts';

/** As many as the provider's guide says, before it e-mails the message. */
export const MAX_ATTEMPTS = 10;
/** The provider does not say how long it waits: longer than API Gateway lets a function take here. */
export const TIMEOUT_MS = 15_000;
/** The provider does not say how far apart attempts are. */
export const RETRY_DELAY_MS = 1_000;

/** One request of the PBX: what it was answered, or why it was not. */
export type PbxAttempt = { readonly ms: number } & (
  | { readonly status: number; readonly body: string }
  | { readonly error: string }
);

export interface PbxResult {
  readonly delivered: boolean;
  readonly attempts: readonly PbxAttempt[];
  /** It went to the fallback address: the PBX has given up, and somebody will read it there. */
  readonly emailed: boolean;
}

export interface PbxOptions {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly repeated?: RepeatedFields | undefined;
  readonly retry?: {
    readonly attempts?: number;
    readonly delayMs?: number;
    /** Ends it after such an attempt, which a PBX does not do. */
    readonly unless?: (attempt: PbxAttempt) => boolean;
  };
  readonly timeoutMs?: number;
  /** Makes another request of the form's: see `MALFORMED` of request.ts. */
  readonly alter?: (request: PbxRequest) => PbxRequest;
  /** What stands between the PBX and the endpoint, such as an edge, adds these. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Instead of the global one, to see or to break what goes out. */
  readonly fetch?: typeof fetch;
  readonly onAttempt?: (attempt: PbxAttempt) => void;
  /** Ends it, which a PBX does not do. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Delivers an SMS the way the PBX does: exactly 200 counts, and everything else, be it another 2xx or
 * no answer at all, is tried again. After the last failed attempt the message is e-mailed.
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

/** @throws The signal's own reason, unlike Node's timer. */
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
      // A redirect is no 200, even if it leads to one.
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
