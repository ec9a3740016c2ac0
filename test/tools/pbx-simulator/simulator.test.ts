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

/** A server with these answers, one after the other. It repeats the last one. */
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
    'counts a %d as a failure, and e-mails after 10',
    async (status) => {
      const { url, bodies } = await answering(status);
      const result = await sendAsPbx({ url, fields, retry });
      expect(result).toMatchObject({ delivered: false, emailed: true });
      expect(statuses(result.attempts)).toEqual(Array(10).fill(status));
      expect(new Set(bodies).size).toBe(1);
    },
  );

  it('tries again until a 200 comes, also at the tenth attempt', async () => {
    const { url } = await answering(503, 500, 204, 503, 503, 503, 503, 503, 503, 200);
    const seen: PbxAttempt[] = [];
    const result = await sendAsPbx({ url, fields, retry, onAttempt: (a) => seen.push(a) });
    expect(result).toMatchObject({ delivered: true, emailed: false });
    expect(result.attempts).toHaveLength(10);
    expect(seen).toEqual(result.attempts);
  });

  it('makes no eleventh attempt, and fewer if configured', async () => {
    const never = await answering(503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 200);
    expect((await sendAsPbx({ url: never.url, fields, retry })).emailed).toBe(true);
    expect(never.bodies).toHaveLength(10);
    const third = await answering(503, 503, 200);
    await sendAsPbx({ url: third.url, fields, retry: { ...retry, attempts: 2 } });
    expect(third.bodies).toHaveLength(2);
  });

  it('counts a broken connection as a failure', async () => {
    const url = await serve((_, response) => response.destroy());
    const result = await sendAsPbx({ url, fields, retry: { ...retry, attempts: 2 } });
    expect(result).toMatchObject({ delivered: false, emailed: true });
    expect(result.attempts).toMatchObject([{ error: expect.any(String) }, {}]);
  });

  it('counts a refused connection as a failure', async () => {
    const server = createServer();
    const port = await listen(server);
    await hangUp(server);
    const result = await sendAsPbx({ url: `http://localhost:${port}`, fields, retry });
    expect(statuses(result.attempts)).toEqual(
      Array(10).fill(`nothing listens at 127.0.0.1:${port} (ECONNREFUSED)`),
    );
  });

  it('counts a missing answer as a failure', async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      if (++requests === 2) response.end();
    });
    const result = await sendAsPbx({ url, fields, retry, timeoutMs: 200 });
    expect(statuses(result.attempts)).toEqual(['there is no answer', 200]);
    expect(result.attempts[0]?.ms).toBeGreaterThanOrEqual(190);
  });

  it('waits between two attempts, and ends at once if it is stopped meanwhile', async () => {
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

  it('ends at once if it is stopped during an attempt, and does not count that attempt', async () => {
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

  it('can send another request', async () => {
    const { url, bodies } = await answering(200);
    await sendAsPbx({ url, fields, alter: (request) => ({ ...request, body: 'altered' }) });
    expect(bodies).toEqual(['altered']);
  });

  it('can use another fetch', async () => {
    const result = await sendAsPbx({
      url: 'http://pbx.invalid/',
      fields,
      retry,
      fetch: async () => new Response('', { status: 200 }),
    });
    expect(result.delivered).toBe(true);
  });
});
