import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
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
    const refuse = (what: string) => new NotAwsError(request.hostname, statusCode, what);
    if (statusCode >= 300 && statusCode < 400) {
      body?.destroy?.();
      throw refuse(`a redirect to ${hostOf(headers.location)}`);
    }
    // Emulators call their JSON a page, too.
    if (/\bhtml\b/.test(headers['content-type'] ?? '')) {
      const content = await buffer(body);
      if (isPage(content)) throw refuse('a web page');
      answer.response.body = Readable.from([content]);
    }
    return answer;
  }
}

function isPage(content: Buffer): boolean {
  return /^\s*(<!doctype html|<html)/i.test(content.subarray(0, 200).toString());
}

function hostOf(location = ''): string {
  return URL.canParse(location) ? new URL(location).host : 'another page';
}
