import type { Problem } from '../protocol.ts';

/** An answer that is no success, for the person at the page. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly title: string;
  readonly headers: Readonly<Record<string, string>>;

  /** @param detail What to do about it, or what exactly is wrong. */
  constructor(
    status: number,
    title: string,
    detail = '',
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.status = status;
    this.title = title;
    this.headers = headers;
  }

  get problem(): Problem {
    const { status, title, message } = this;
    return { title, status, ...(message && { detail: message }) };
  }
}

/** What is wrong with an input: names the field. */
export function badInput(detail: string): HttpError {
  return new HttpError(400, 'The request is not right', detail);
}
