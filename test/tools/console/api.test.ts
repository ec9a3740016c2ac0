import { afterEach, describe, expect, it, vi } from 'vitest';
import { CHAOS, SMS, someSummary } from '../../fakes/fake-console-source.ts';
import { type Asked, ask, asPage, open, ServedApi, serveSite } from '../../helpers/console-site.ts';

const api = ServedApi.forEachTest();
afterEach(() => void vi.restoreAllMocks());

describe('answers', () => {
  it.each([
    ['stack', { name: 'a-stack', isLocal: true }],
    ['setup', { tableName: 'a-table', settings: {}, subscribers: [] }],
    ['messages', { messages: [someSummary()], next: 'next' }],
    ['messages/message-1', { summary: { message_id: 'message-1' } }],
    ['replays', []],
    ['attempts', { since: 0, attempts: [{ at: 1, ms: 2, status: 200 }] }],
    ['deliveries', []],
    ['outbox', []],
    ['chaos', { snsDown: false }],
    ['counters', { sent: 1, lost: 0 }],
    ['subscriber', []],
    ['subscribers', []],
    ['emails', []],
  ])('GET %s', async (path, expected) => {
    const { status, headers, json } = await api.get(path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json');
    expect(headers['cache-control']).toBe('no-store');
    expect(json).toMatchObject(expected);
  });

  it.each([
    ['POST', 'replay', { message_ids: ['a'] }, 200, { replay: 'replay-1', published: 1 }],
    ['POST', 'send', SMS, 200, []],
    ['PUT', 'chaos', CHAOS, 200, CHAOS],
    ['POST', 'filter', { policy: '{}' }, 200, { matching: ['message-1'], others: [] }],
    ['POST', 'sweep', undefined, 204, undefined],
    ['POST', 'clear', undefined, 200, { messages: 2, refused: 1 }],
  ])('%s %s', async (method, path, body, status, expected) => {
    const answer = await api.send(method, path, body);
    expect({ status: answer.status, json: answer.json }).toEqual({
      status,
      json: Array.isArray(expected) || !expected ? expected : expect.objectContaining(expected),
    });
  });

  it('HEAD without a body', async () => {
    const { status, headers, text } = await ask(`${api.url}stack`, { method: 'HEAD' });
    expect({ status, text }).toEqual({ status: 200, text: '' });
    expect(Number(headers['content-length'])).toBeGreaterThan(10);
  });
});

describe('what cannot be answered', () => {
  it.each(['', 'stacks', 'stack/', 'messages/', 'messages/a/b', 'constructor', '__proto__'])(
    'is not found: %s',
    async (path) => {
      const { status, json } = await api.get(path);
      expect({ status, json }).toMatchObject({ status: 404, json: { status: 404 } });
    },
  );

  it('is a message that is not stored, or an id that is none', async () => {
    expect((await api.get('messages/none')).json.title).toBe('There is no such message');
    expect((await api.get('messages/%')).status).toBe(400);
  });

  it.each([
    ['POST', 'stack', 'GET, HEAD'],
    ['GET', 'replay', 'POST'],
    ['DELETE', 'messages/a', 'GET, HEAD'],
    ['POST', 'chaos', 'GET, HEAD, PUT'],
    ['HEAD', 'events', 'GET'],
  ])('is another method: %s %s', async (method, path, allow) => {
    const { status, headers } = await ask(api.url + path, { method, ...asPage(api.url) });
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow });
  });

  it.each<[string, Asked, number]>([
    ['no content type', { body: '{}' }, 415],
    [
      'a form',
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1' },
      415,
    ],
    ['no JSON', { headers: { 'content-type': 'application/json; charset=utf-8' }, body: '{' }, 400],
    [
      'too much',
      { headers: { 'content-type': 'application/json' }, body: `"${'x'.repeat(65_536)}"` },
      413,
    ],
  ])('is a body that is %s', async (_, { headers, body = '' }, expected) => {
    const { status, json } = await ask(`${api.url}replay`, {
      method: 'POST',
      headers: { ...asPage(api.url).headers, ...headers },
      body,
    });
    expect({ status, inBody: json.status }).toEqual({ status: expected, inBody: expected });
    expect(api.source.asked).toEqual([]);
  });

  it('is what failed: the terminal says why, the page does not', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    api.source.failure = new Error('Secret reason');
    const { status, text } = await api.get('messages?search=private');
    expect(status).toBe(500);
    expect(text).not.toContain('Secret');
    expect(log).toHaveBeenCalledExactlyOnceWith(
      'The console cannot answer GET /_console/api/messages: Error: Secret reason',
    );
  });
});

it('a stack that is not local has no lab, and one that is read-only no replay', async () => {
  const { url } = await serveSite({ source: api.source.readOnly() });
  for (const path of ['deliveries', 'outbox', 'chaos', 'counters', 'subscriber']) {
    expect((await ask(`${url}/_console/api/${path}`)).status, path).toBe(404);
  }
  const post = (path: string, body: unknown) =>
    ask(`${url}/_console/api/${path}`, { method: 'POST', ...asPage(url, body) });
  expect((await post('send', SMS)).status).toBe(404);
  expect((await post('sweep', undefined)).status).toBe(404);
  const replay = await post('replay', { message_ids: ['a'] });
  expect(replay).toMatchObject({
    status: 403,
    json: { detail: expect.stringContaining('--allow-replay') },
  });
});

it('a question ends with its client', async () => {
  const asked = Promise.withResolvers<void>();
  api.source.gate = asked.promise;
  const outgoing = open(`${api.url}messages`).catch(() => {});
  await vi.waitFor(() => expect(api.source.signals).toHaveLength(1));
  expect(api.source.signals[0]?.aborted).toBe(false);
  const aborted = new AbortController();
  const gone = fetch(`${api.url}messages`, { signal: aborted.signal }).catch(() => 'gone');
  await vi.waitFor(() => expect(api.source.signals).toHaveLength(2));
  aborted.abort();
  expect(await gone).toBe('gone');
  await vi.waitFor(() => expect(api.source.signals[1]?.aborted).toBe(true));
  expect(api.source.signals[0]?.aborted).toBe(false);
  asked.resolve();
  await outgoing;
});

it('a replay goes on without its client, until the console ends', async () => {
  const { url, close } = await serveSite({ source: api.source });
  const apiUrl = `${url}/_console/api/`;
  api.source.gate = new Promise(() => {});
  const aborted = new AbortController();
  const asked = async (path: string, options: RequestInit = {}) => {
    const { length } = api.source.signals;
    const gone = fetch(apiUrl + path, { ...options, signal: aborted.signal }).catch(() => 'gone');
    await vi.waitFor(() => expect(api.source.signals).toHaveLength(length + 1));
    return { gone, signal: api.source.signals[length] as AbortSignal };
  };
  const headers = { origin: url, 'content-type': 'application/json' };
  const body = JSON.stringify({ message_ids: ['a'] });
  const replay = await asked('replay', { method: 'POST', headers, body });
  const question = await asked('messages');
  aborted.abort();
  expect(await Promise.all([replay.gone, question.gone])).toEqual(['gone', 'gone']);
  await vi.waitFor(() => expect(question.signal.aborted).toBe(true));
  expect(replay.signal.aborted).toBe(false);
  await close();
  expect(replay.signal.aborted).toBe(true);
});
