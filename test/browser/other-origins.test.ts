import { createServer } from 'node:http';
import type { Page } from 'playwright-core';
import type { Delivery } from '../../console/protocol.ts';
import { hangUp, listen } from '../../local/listen.ts';
import { CALM } from '../local/console/console-stack.ts';
import { expect, test } from './console-test.ts';

/** What a browser says of requests that are refused, and of frames that are not shown. */
const REFUSED = /403 \(Forbidden\)|CORS policy|net::ERR_|frame-ancestors|chrome-error/;

/** Where a browser leads a frame that it does not show. */
const BLOCKED = 'chrome-error://chromewebdata/';

// Another port of the same name is the same site, and the name that is an address is another one.
test.for(['localhost', '127.0.0.1'])(
  'a page of another origin, at %s, can neither read the console nor have it do anything',
  async (host, { openPage, service, guard, onTestFinished }) => {
    guard.allow(REFUSED);
    const secret = 'A text that nobody else may read';
    await service.deliver(`secret-${host}`, secret);
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><p>Elsewhere');
    });
    onTestFinished(() => hangUp(server));
    const port = await listen(server, 0);
    const page = await openPage(`http://${host}:${port}/`);
    const api = `${service.stack.url}/_console/api/`;

    expect(await attack(page, api)).toEqual({
      read: 'TypeError',
      readBlindly: 'TypeError',
      events: 'error',
      put: 'TypeError',
      script: 'error',
    });
    await postForm(page, `${api}send`);
    await frame(page, service.stack.url);
    expect(page.frames().map((each) => each.url())).toEqual([page.url(), BLOCKED]);
    expect(await page.frames().at(1)?.content()).not.toContain(secret);

    expect(await service.get('chaos')).toEqual(CALM);
    expect(await service.get<Delivery[]>('deliveries')).toEqual([]);
  },
);

/** All that a page could try from a script, and what came of it. */
function attack(page: Page, api: string): Promise<Record<string, string>> {
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
    // Without a preflight, and so sent whoever asks: only the server can refuse these.
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
async function postForm(page: Page, action: string): Promise<void> {
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

async function frame(page: Page, url: string): Promise<void> {
  await page.evaluate(async (src) => {
    const element = document.createElement('iframe');
    element.src = src;
    const loaded = new Promise((resolve) => element.addEventListener('load', resolve));
    document.body.append(element);
    await loaded;
  }, url);
}
