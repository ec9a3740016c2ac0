import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeEach, onTestFinished } from 'vitest';
import {
  type ConsoleSite,
  type ConsoleSiteOptions,
  createConsoleSite,
  serveConsole,
} from '../../tools/console/server/site.ts';
import { SESSION_FRAGMENT } from '../../tools/console/stack-protocol.ts';
import { FakeConsoleSource } from '../fakes/fake-console-source.ts';

const PAGE = new Map([
  ['/', { contentType: 'text/html; charset=utf-8', body: Buffer.from('<!doctype html>page') }],
  ['/_console/page.js', { contentType: 'text/javascript', body: Buffer.from('script') }],
]);

interface ServedSite {
  readonly site: ConsoleSite;
  readonly url: string;
  readonly port: string;
  close(): Promise<void>;
}

/** Serves a console until the test ends. */
export async function serveSite(options: Partial<ConsoleSiteOptions> = {}): Promise<ServedSite> {
  const site = createConsoleSite({
    source: new FakeConsoleSource(),
    page: PAGE,
    access: { kind: 'local' },
    ...options,
  });
  const served = await serveConsole(site, 0);
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= Promise.resolve(served[Symbol.asyncDispose]());
    return closed;
  };
  onTestFinished(close);
  return { site, url: served.url, port: new URL(served.url).port, close };
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The body, if it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: what a page would get.
  readonly json: any;
}

/** Sends a request like any client. Unlike `fetch`, it sends only the test's headers. */
export async function ask(url: string, asked: Asked = {}): Promise<Answer> {
  const response = await open(url, asked);
  const body = await text(response);
  const isJson = /json/.test(String(response.headers['content-type']));
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: body,
    json: isJson && body !== '' ? JSON.parse(body) : undefined,
  };
}

/** The answer, as soon as its head has arrived. */
export async function open(
  url: string,
  { method = 'GET', headers = {}, body }: Asked = {},
): Promise<IncomingMessage> {
  const { pathname, search, hostname, port } = new URL(url);
  // Unchanged, because a URL would resolve `..`.
  const path = url.slice(url.indexOf('/', 'http://'.length));
  const outgoing = request({ hostname, port, method, path: path || pathname + search, headers });
  outgoing.end(body);
  const [response] = await once(outgoing, 'response');
  return response;
}

/** The options of a request of the page. */
export function asPage(url: string, value?: unknown): Required<Pick<Asked, 'headers'>> & Asked {
  const { origin } = new URL(url);
  return {
    headers: {
      origin,
      'sec-fetch-site': 'same-origin',
      ...(value !== undefined && { 'content-type': 'application/json' }),
    },
    ...(value !== undefined && { body: JSON.stringify(value) }),
  };
}

/** Starts a URL's session, as the page does. @returns The headers for later requests. */
export async function beginSession(url: string): Promise<{ readonly authorization: string }> {
  const { hash, origin } = new URL(url);
  const code = hash.slice(SESSION_FRAGMENT.length);
  const { json } = await postSession(origin, { code });
  return { authorization: `Bearer ${json.secret}` };
}

export function postSession(origin: string, request: unknown): Promise<Answer> {
  return ask(`${origin}/_console/api/session`, { method: 'POST', ...asPage(origin, request) });
}

/** The API of a console with a fake source. Each test of the file gets a new one. */
export class ServedApi {
  source = new FakeConsoleSource();
  /** Ends with a slash. */
  url = '';

  static forEachTest(): ServedApi {
    const served = new ServedApi();
    beforeEach(async () => {
      served.source = new FakeConsoleSource();
      const { url } = await serveSite({ source: served.source });
      served.url = `${url}/_console/api/`;
    });
    return served;
  }

  get(path: string): Promise<Answer> {
    return ask(this.url + path);
  }

  /** Sends a request as the page does. */
  send(method: string, path: string, value: unknown): Promise<Answer> {
    return ask(this.url + path, { method, ...asPage(this.url, value) });
  }
}
