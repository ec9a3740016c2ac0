import { setTimeout as delay } from 'node:timers/promises';

/** As many as the provider's guide says, before it e-mails the message. */
const MAX_ATTEMPTS = 10;
/** The provider does not say how long it waits: longer than API Gateway lets a function take here. */
const TIMEOUT_MS = 15_000;

/** One request of the PBX: what it was answered, or why it was not. */
export type PbxAttempt = { readonly ms: number } & (
  | { readonly status: number }
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
  /** The provider does not say how far apart attempts are. */
  readonly retry?: { readonly attempts?: number; readonly delayMs?: number };
  readonly timeoutMs?: number;
  /** Instead of the global one, to see or to break what goes out. */
  readonly fetch?: typeof fetch;
  readonly onAttempt?: (attempt: PbxAttempt) => void;
}

/**
 * Delivers an SMS the way the PBX does: exactly 200 counts, and everything else, be it another 2xx or
 * no answer at all, is tried again. After the last failed attempt the message is e-mailed.
 */
export async function sendAsPbx(options: PbxOptions): Promise<PbxResult> {
  const { retry = {}, onAttempt } = options;
  const { attempts: maxAttempts = MAX_ATTEMPTS, delayMs = 1_000 } = retry;
  const attempts: PbxAttempt[] = [];
  while (attempts.length < maxAttempts) {
    if (attempts.length > 0) await delay(delayMs);
    const attempt = await post(options);
    attempts.push(attempt);
    onAttempt?.(attempt);
    if ('status' in attempt && attempt.status === 200) {
      return { delivered: true, attempts, emailed: false };
    }
  }
  return { delivered: false, attempts, emailed: true };
}

async function post(options: PbxOptions): Promise<PbxAttempt> {
  const { url, fields, timeoutMs = TIMEOUT_MS, fetch: send = fetch } = options;
  const begin = performance.now();
  const ms = () => Math.round(performance.now() - begin);
  try {
    const answer = await send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: String(new URLSearchParams(fields)),
      // A redirect is no 200, even if it leads to one.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await answer.arrayBuffer();
    return { status: answer.status, ms: ms() };
  } catch (error) {
    return { error: reasonOf(error), ms: ms() };
  }
}

/** `fetch` itself says only that it failed; the cause says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? `: ${cause.code}` : '';
  return `${error.name}${code}`;
}
