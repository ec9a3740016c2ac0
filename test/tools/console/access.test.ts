import { describe, expect, it } from 'vitest';
import { ConsoleSession } from '../../../tools/console/server/access.ts';
import { FakeConsoleSource } from '../../fakes/fake-console-source.ts';
import { type Asked, ask, asPage, postSession, serveSite } from '../../helpers/console-site.ts';

/** A session that has begun, and its secret. */
const session = new ConsoleSession();
const TOKEN = session.begin(session.code) ?? '';
const WITH_SESSION = { access: { kind: 'session', session } } as const;
const STACK = '/_console/api/stack';
const SWEEP = '/_console/api/sweep';
const EVENTS = '/_console/api/events';
const ANYTHING = ['/', '/_console/page.js', STACK, EVENTS, '/_console/none'];

describe('the site', () => {
  it('has the page at the root and its files below /_console/', async () => {
    const { url } = await serveSite();
    expect(await ask(`${url}/`)).toMatchObject({ status: 200, text: '<!doctype html>page' });
    expect(await ask(`${url}/_console/page.js`)).toMatchObject({
      status: 200,
      text: 'script',
      headers: { 'content-type': 'text/javascript' },
    });
    expect(await ask(`${url}/_console/page.js`, { method: 'HEAD' })).toMatchObject({
      status: 200,
      text: '',
    });
    expect(await ask(`${url}/_console/other.js`)).toMatchObject({ status: 404 });
    const post = await ask(`${url}/_console/page.js`, { method: 'POST', ...asPage(url) });
    expect(post).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it.each([
    ['POST', '/'],
    ['GET', '/sms/test'],
    ['GET', '/_console'],
    ['GET', '/_stack'],
    ['GET', '//'],
    ['GET', '/index.html'],
  ])('leaves %s %s to others', async (method, path) => {
    const { url } = await serveSite();
    const { text, headers } = await ask(url + path, { method });
    // Of the server, not of the site.
    expect(text).toBe('The console is at /.\n');
    expect(headers['content-security-policy']).toBeUndefined();
  });

  it('lets nothing but its own files run, whatever it answers', async () => {
    const { url } = await serveSite(WITH_SESSION);
    const foreign = { headers: { host: 'evil.example' } };
    const answers = await Promise.all([
      ...ANYTHING.map((path) => ask(url + path)),
      ask(`${url}/`, foreign),
      ask(`${url}/?session=${TOKEN}`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 401, 401, 404, 403, 200]);
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
      );
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('a name that leads here', () => {
  it.each(['localhost', '127.0.0.1', '[::1]'])('is %s', async (host) => {
    const { url, port } = await serveSite();
    const headers = { host: `${host}:${port}` };
    expect(await ask(url + STACK, { headers })).toMatchObject({ status: 200 });
    const post = { method: 'POST', headers: { ...headers, origin: `http://${host}:${port}` } };
    expect(await ask(url + SWEEP, post)).toMatchObject({ status: 204 });
  });

  it.each([
    'evil.example',
    'evil.example:PORT',
    'localhost',
    'localhost:1',
    'localhost.evil.example:PORT',
    '127.0.0.1:PORT@evil.example',
    '0.0.0.0:PORT',
  ])('is not %s', async (host) => {
    const { url, port } = await serveSite();
    const headers = { host: host.replace('PORT', port) };
    for (const path of ANYTHING) {
      expect((await ask(url + path, { headers })).status, path).toBe(403);
    }
  });
});

describe('another page', () => {
  it.each(['cross-site', 'same-site'])('(%s) cannot read, but link to the page', async (site) => {
    const { url } = await serveSite();
    const headers = { 'sec-fetch-site': site };
    for (const path of ANYTHING.slice(1)) {
      expect((await ask(url + path, { headers })).status, path).toBe(403);
    }
    expect(await ask(`${url}/`, { headers })).toMatchObject({ status: 200 });
  });

  it.each<[string, Asked['headers']]>([
    ['nothing', {}],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port', { 'sec-fetch-site': 'same-site' }],
    ['the address bar', { 'sec-fetch-site': 'none' }],
    ['another origin', { origin: 'http://evil.example' }],
    ['a sandbox', { origin: 'null' }],
    ['another origin of an old browser', { origin: 'http://localhost:1' }],
    ['another scheme', { origin: 'https://127.0.0.1:PORT' }],
    ['two minds', { origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' }],
    ['two other minds', { origin: 'http://127.0.0.1:PORT', 'sec-fetch-site': 'cross-site' }],
  ])('cannot change anything: %s', async (_, given = {}) => {
    const source = new FakeConsoleSource();
    const { url, port } = await serveSite({ source });
    const headers = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, String(value).replace('PORT', port)]),
    );
    expect(await ask(url + SWEEP, { method: 'POST', headers })).toMatchObject({ status: 403 });
    expect(source.asked).toEqual([]);
  });

  it.each<[string, Asked['headers']]>([
    ['a browser', { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:PORT' }],
    ['an old browser', { origin: 'http://127.0.0.1:PORT' }],
    ['one that says no origin', { 'sec-fetch-site': 'same-origin' }],
  ])('is not the console’s own: %s', async (_, given = {}) => {
    const { url, port } = await serveSite();
    const headers = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, String(value).replace('PORT', port)]),
    );
    expect(await ask(url + SWEEP, { method: 'POST', headers })).toMatchObject({ status: 204 });
  });
});

describe('a session', () => {
  const authorization = `Bearer ${TOKEN}`;

  it('is begun by the code of its URL, once', async () => {
    const access = { kind: 'session', session: new ConsoleSession() } as const;
    const { url } = await serveSite({ access });
    const { code } = access.session;
    for (const wrong of ['', 'another', code.slice(0, -1), `${code}x`]) {
      expect((await postSession(url, { code: wrong })).status, wrong).toBe(401);
    }
    for (const body of [undefined, {}, { code: 1 }, [code], { code, more: 1 }]) {
      expect((await postSession(url, body)).status).toBeGreaterThanOrEqual(400);
    }
    const foreign = { ...asPage('http://127.0.0.1:1', { code }), method: 'POST' };
    expect((await ask(`${url}/_console/api/session`, foreign)).status).toBe(403);

    const { status, json } = await postSession(url, { code });
    expect({ status, json }).toEqual({ status: 200, json: { secret: expect.any(String) } });
    expect(json.secret).toMatch(/^[\w-]{43}$/);
    const asking = (given: string) =>
      ask(url + STACK, { headers: { authorization: `Bearer ${given}` } });
    expect((await asking(json.secret)).status).toBe(200);
    expect((await asking(code)).status).toBe(401);
    expect(await postSession(url, { code })).toMatchObject({
      status: 401,
      json: { title: 'This URL begins no session' },
    });
  });

  it('is shown by a header, and only the API asks for it', async () => {
    const { url } = await serveSite(WITH_SESSION);
    for (const headers of [{ authorization }, { authorization: `bearer ${TOKEN}` }]) {
      expect((await ask(url + STACK, { headers })).json.name).toBe('a-stack');
      // Nobody else has the token.
      expect((await ask(url + SWEEP, { method: 'POST', headers })).status).toBe(204);
    }
    expect((await ask(`${url}/`)).text).toContain('page');
    expect((await ask(`${url}/_console/page.js`)).status).toBe(200);
  });

  it('sets no cookie, wherever the token is', async () => {
    const { url } = await serveSite(WITH_SESSION);
    for (const path of ['/', `/?session=${TOKEN}`, STACK, `${STACK}?session=${TOKEN}`]) {
      for (const headers of [{}, { authorization }]) {
        expect((await ask(url + path, { headers })).headers, path).not.toHaveProperty('set-cookie');
      }
    }
  });

  it('does not make another page the console’s own', async () => {
    const { url } = await serveSite(WITH_SESSION);
    const origin = 'http://localhost:1';
    const foreign = { method: 'POST', headers: { authorization, origin } };
    expect((await ask(url + SWEEP, foreign)).status).toBe(403);
    const read = { headers: { authorization, 'sec-fetch-site': 'same-site' } };
    expect((await ask(url + STACK, read)).status).toBe(403);
    const preflight = { method: 'OPTIONS', headers: { origin, 'sec-fetch-site': 'same-site' } };
    expect((await ask(url + STACK, preflight)).status).toBe(403);
  });

  it.each<[string, string, Asked['headers']]>([
    ['no token', '', {}],
    ['an empty token', '', { authorization: 'Bearer ' }],
    ['a wrong token', '', { authorization: 'Bearer another' }],
    ['a part of the token', '', { authorization: authorization.slice(0, -1) }],
    ['more than the token', '', { authorization: `${authorization}x` }],
    ['another scheme', '', { authorization: `Basic ${TOKEN}` }],
    ['no scheme', '', { authorization: TOKEN }],
    ['a token in the URL', `?session=${TOKEN}`, {}],
    ['a cookie', '', { cookie: `inbound-sms-console-PORT=${TOKEN}` }],
  ])('is not %s: it says what to do', async (_, query, given = {}) => {
    const source = new FakeConsoleSource();
    const { url, port } = await serveSite({ ...WITH_SESSION, source });
    const headers = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, String(value).replace('PORT', port)]),
    );
    for (const path of [STACK, EVENTS, '/_console/api/none']) {
      const { status, json, headers: answered } = await ask(url + path + query, { headers });
      expect({ status, json }, path).toMatchObject({
        status: 401,
        json: { detail: expect.stringContaining('Open the URL that `inbound-sms console`') },
      });
      expect(answered['www-authenticate'], path).toBe('Bearer');
    }
    const post = { method: 'POST', headers: { ...asPage(url).headers, ...headers } };
    expect((await ask(url + SWEEP + query, post)).status).toBe(401);
    expect(source.asked).toEqual([]);
  });
});
