import { createServer, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { type PbxAttempt, sendAsPbx } from '../../../tools/pbx-simulator/simulator.ts';

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  const port = await listen(server);
  onTestFinished(() => hangUp(server));
  return `http://localhost:${port}/sms/test`;
}

/** A server that answers these one after another, and the last one for ever. */
async function answering(...statuses: number[]) {
  const bodies: string[] = [];
  const url = await serve(async (request, response) => {
    bodies.push(await text(request));
    const status = statuses[Math.min(bodies.length, statuses.length) - 1] ?? 500;
    response.writeHead(status, { location: '/elsewhere' }).end('answer');
  });
  return { url, bodies };
}

const fields = { message_id: 'm-1', from: '+61400000001', body: 'Olé & more' };
const retry = { delayMs: 1 };
const statuses = (attempts: readonly PbxAttempt[]) =>
  attempts.map((attempt) => ('status' in attempt ? attempt.status : attempt.error));

describe('sendAsPbx', () => {
  it('stops at a 200', async () => {
    const { url, bodies } = await answering(200);
    const result = await sendAsPbx({ url, fields, retry });
    expect(result).toMatchObject({ delivered: true, emailed: false });
    expect(result.attempts).toMatchObject([{ status: 200, body: 'answer' }]);
    expect(bodies).toEqual(['message_id=m-1&from=%2B61400000001&body=Ol%C3%A9+%26+more']);
  });

  it.each([201, 202, 204, 301, 302, 404, 409, 500, 503])(
    'takes %d for a failure, and e-mails after 10',
    async (status) => {
      const { url, bodies } = await answering(status);
      const result = await sendAsPbx({ url, fields, retry });
      expect(result).toMatchObject({ delivered: false, emailed: true });
      expect(statuses(result.attempts)).toEqual(Array(10).fill(status));
      expect(new Set(bodies).size).toBe(1);
    },
  );

  it('tries again until there is a 200, the tenth time included', async () => {
    const { url } = await answering(503, 500, 204, 503, 503, 503, 503, 503, 503, 200);
    const seen: PbxAttempt[] = [];
    const result = await sendAsPbx({ url, fields, retry, onAttempt: (a) => seen.push(a) });
    expect(result).toMatchObject({ delivered: true, emailed: false });
    expect(result.attempts).toHaveLength(10);
    expect(seen).toEqual(result.attempts);
  });

  it('makes no eleventh attempt, and as few as it is told', async () => {
    const never = await answering(503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 200);
    expect((await sendAsPbx({ url: never.url, fields, retry })).emailed).toBe(true);
    expect(never.bodies).toHaveLength(10);
    const third = await answering(503, 503, 200);
    await sendAsPbx({ url: third.url, fields, retry: { ...retry, attempts: 2 } });
    expect(third.bodies).toHaveLength(2);
  });

  it('takes a broken connection for a failure', async () => {
    const url = await serve((_, response) => response.destroy());
    const result = await sendAsPbx({ url, fields, retry: { ...retry, attempts: 2 } });
    expect(result).toMatchObject({ delivered: false, emailed: true });
    expect(result.attempts).toMatchObject([{ error: expect.any(String) }, {}]);
  });

  it('takes a refused connection for a failure', async () => {
    const server = createServer();
    const port = await listen(server);
    await hangUp(server);
    const result = await sendAsPbx({ url: `http://localhost:${port}`, fields, retry });
    expect(statuses(result.attempts)).toEqual(
      Array(10).fill(`nothing listens at 127.0.0.1:${port} (ECONNREFUSED)`),
    );
  });

  it('takes no answer in time for a failure', async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      if (++requests === 2) response.end();
    });
    const result = await sendAsPbx({ url, fields, retry, timeoutMs: 200 });
    expect(statuses(result.attempts)).toEqual(['there is no answer', 200]);
    expect(result.attempts[0]?.ms).toBeGreaterThanOrEqual(190);
  });

  it('waits between two attempts, and ends at once when it is stopped then', async () => {
    const stopping = new AbortController();
    const send = vi.fn(async () => new Response('', { status: 503 }));
    const sending = sendAsPbx({
      ...{ url: 'http://pbx.invalid/', fields, fetch: send, signal: stopping.signal },
      retry: { attempts: 2, delayMs: 3_600_000 },
      onAttempt: () => stopping.abort(new Error('stopped')),
    });
    await expect(sending).rejects.toThrow('stopped');
    expect(send).toHaveBeenCalledOnce();
  });

  it('ends at once when it is stopped during an attempt, which then is none', async () => {
    const stopping = new AbortController();
    const url = await serve(() => stopping.abort(new Error('stopped')));
    const seen: PbxAttempt[] = [];
    const sending = sendAsPbx({
      ...{ url, fields, onAttempt: (attempt) => seen.push(attempt), signal: stopping.signal },
      ...{ retry: { attempts: 1 }, timeoutMs: 3_600_000 },
    });
    await expect(sending).rejects.toThrow('stopped');
    expect(seen).toEqual([]);
  });

  it('sends another request if told', async () => {
    const { url, bodies } = await answering(200);
    await sendAsPbx({ url, fields, alter: (request) => ({ ...request, body: 'altered' }) });
    expect(bodies).toEqual(['altered']);
  });

  it('sends with another fetch if told', async () => {
    const result = await sendAsPbx({
      url: 'http://pbx.invalid/',
      fields,
      retry,
      fetch: async () => new Response('', { status: 200 }),
    });
    expect(result.delivered).toBe(true);
  });
});
