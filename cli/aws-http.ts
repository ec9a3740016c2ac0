import { NodeHttpHandler } from '@smithy/node-http-handler';

type Handle = NodeHttpHandler['handle'];

/**
 * Something else answered in the place of AWS, such as a proxy or the login page of a hotel. The SDK would
 * read it as an answer of AWS that holds nothing.
 */
export class NotAwsError extends Error {
  /** For the SDK: a gateway that is down for a moment may be up again. */
  readonly $retryable?: object;

  constructor(host: string, status: number, what: string) {
    super(`${host} answers ${status} with ${what}, which AWS never does.`);
    this.name = 'NotAwsError';
    if (status >= 500) this.$retryable = {};
  }
}

/** The SDK's requests, and a look at who answers. */
export class AwsHttpHandler extends NodeHttpHandler {
  override async handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const answer = await super.handle(request, options);
    const { statusCode, headers, body } = answer.response;
    const stranger = strangerIn(statusCode, headers);
    if (!stranger) return answer;
    body?.destroy?.();
    throw new NotAwsError(request.hostname, statusCode, stranger);
  }
}

function strangerIn(
  status: number,
  headers: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (status >= 300 && status < 400) return `a redirect to ${hostOf(headers.location)}`;
  return /\bhtml\b/.test(headers['content-type'] ?? '') ? 'a web page' : undefined;
}

function hostOf(location = ''): string {
  return URL.canParse(location) ? new URL(location).host : 'another page';
}
