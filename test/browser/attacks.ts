import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { hangUp } from '../../tools/local/listen.ts';

/** What a browser says of requests that are refused, and of frames that are not shown. */
export const REFUSED = /40[134] \([\w ]+\)|CORS policy|net::ERR_|frame-ancestors|chrome-error/;

/** Where a browser leads a frame that it does not show. */
export const BLOCKED = 'chrome-error://chromewebdata/';

/** What comes of {@link attack} if nothing does. */
export const NOTHING = {
  read: 'TypeError',
  readBlindly: 'TypeError',
  events: 'error',
  put: 'TypeError',
  script: 'error',
};

export interface Neighbour extends AsyncDisposable {
  readonly port: number;
  /** The headers of each request that it got. */
  readonly received: readonly IncomingHttpHeaders[];
}

/** The server of somebody else on this machine, which keeps what browsers send it. */
export async function startNeighbour(): Promise<Neighbour> {
  const received: IncomingHttpHeaders[] = [];
  const server = createServer(({ headers }, response) => {
    received.push(headers);
    response.setHeader('content-type', 'text/html').end('<!doctype html><p>Elsewhere');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, received, [Symbol.asyncDispose]: () => hangUp(server) };
}

/** All that a page could try from a script, and what came of it. */
export function attack(page: Page, api: string): Promise<Record<string, string>> {
  return page.evaluate(async (base) => {
    const outcome = (request: Promise<unknown>) =>
      request.then(
        () => 'answered',
        (error: Error) => error.name,
      );
    const told = (target: EventTarget, ...names: string[]) =>
      new Promise<string>((resolve) => {
        for (const name of names) target.addEventListener(name, () => resolve(name));
      });
    const chaos = JSON.stringify({
      snsDown: true,
      dynamodbDelayMs: 1,
      dropPutAnswer: true,
      killBeforePublish: true,
    });
    // These need no preflight, so a browser sends them from any page: only the server can refuse them.
    const text = { method: 'POST', mode: 'no-cors', credentials: 'include' } as const;
    await outcome(fetch(`${base}chaos`, { ...text, body: chaos }));
    await outcome(fetch(`${base}send`, { ...text, body: chaos }));
    await outcome(fetch(`${base}sweep`, text));
    const json = { 'content-type': 'application/json' };
    const script = document.createElement('script');
    script.src = `${base}messages`;
    const scriptTold = told(script, 'load', 'error');
    document.body.append(script);
    const events = new EventSource(`${base}events`, { withCredentials: true });
    const eventsTold = told(events, 'hello', 'message', 'error');
    const found = {
      read: await outcome(fetch(`${base}messages`, { credentials: 'include' })),
      readBlindly: await outcome(fetch(`${base}messages`, { mode: 'no-cors' })),
      put: await outcome(fetch(`${base}chaos`, { method: 'PUT', headers: json, body: chaos })),
      script: await scriptTold,
      events: await eventsTold,
    };
    events.close();
    return found;
  }, api);
}

/** A form that looks like JSON to who does not look at its type. */
export async function postForm(page: Page, action: string): Promise<void> {
  const popup = page.context().waitForEvent('page');
  await page.evaluate((url) => {
    const form = document.createElement('form');
    Object.assign(form, { action: url, method: 'post', enctype: 'text/plain', target: '_blank' });
    const field = document.createElement('input');
    field.name = '{"from":"a","sms_number":"b","body":"';
    field.value = '"}';
    form.append(field);
    document.body.append(form);
    form.submit();
  }, action);
  const opened = await popup;
  await opened.getByText('Not allowed').waitFor();
}

export async function frame(page: Page, url: string): Promise<void> {
  await page.evaluate(async (src) => {
    const element = document.createElement('iframe');
    element.src = src;
    const loaded = new Promise((resolve) => element.addEventListener('load', resolve));
    document.body.append(element);
    await loaded;
  }, url);
}
