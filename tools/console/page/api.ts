import { API_PATH, type Problem } from '../protocol.ts';

/** What the server refused, or why it could not be asked; the message is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** 0 if there was no answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly query?: object;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the server: see protocol.ts.
 *
 * @param path Below {@link API_PATH}, each part of it encoded.
 * @throws {ApiError} The signal's reason instead, once it has aborted.
 */
export async function ask<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
  const answer = await request(path, options);
  if (answer.status === 204) return undefined as Answer;
  return (await answer.json().catch(() => undefined)) as Answer;
}

/**
 * Asks for anything, such as the server's events.
 *
 * @throws {ApiError} If it is not answered, or refused; the signal's reason instead, once it has aborted.
 */
export async function request(path: string, options: RequestOptions): Promise<Response> {
  const { method = 'GET', query = {}, body, signal } = options;
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = given.length > 0 ? `?${new URLSearchParams(given)}` : '';
  let answer: Response;
  try {
    answer = await fetch(API_PATH + path + search, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...sessionHeaders(),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch {
    signal?.throwIfAborted();
    throw new ApiError(0, 'The console’s server does not answer.');
  }
  if (answer.ok) return answer;
  const document = await answer.json().catch(() => undefined);
  const { title = `The server answers ${answer.status}.`, detail } = (document ?? {}) as Problem;
  throw new ApiError(answer.status, detail ?? title);
}

const SESSION_KEY = 'inbound-sms-session';

/** The session in a browser that keeps nothing: it holds until the page is closed. */
let ofThisPage = '';

/** Keeps the session for every tab of this origin: host and port. */
export function keepSession(secret: string): void {
  ofThisPage = secret;
  try {
    localStorage.setItem(SESSION_KEY, secret);
  } catch {
    // A browser that keeps nothing.
  }
}

/** The header that carries the session; empty without one, as on the local stack. */
export function sessionHeaders(): Record<string, string> {
  let secret: string | null = null;
  try {
    // Another tab may have begun a new session since.
    secret = localStorage.getItem(SESSION_KEY);
  } catch {
    // A browser that keeps nothing.
  }
  secret ??= ofThisPage;
  return secret === '' ? {} : { authorization: `Bearer ${secret}` };
}
