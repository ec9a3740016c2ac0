import { getEventListeners, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createDynamoDBClient } from '../../../lib/aws/aws-clients.ts';
import { callAbort, callWithin } from '../../../lib/aws/call-within.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { hangUntilAborted } from '../../helpers/hang-until-aborted.ts';

const timeIsUp = new Error('time is up');

describe('a call', () => {
  it('returns its result, with and without a signal', async () => {
    const { signal } = new AbortController();
    expect(await callWithin(signal, async () => callAbort())).toBe(signal);
    expect(await callWithin(undefined, async () => callAbort())).toBeUndefined();
    expect(callAbort()).toBeUndefined();
  });

  it('rejects with the signal’s reason if the signal ended it', async () => {
    const controller = new AbortController();
    const result = callWithin(controller.signal, hangUntilAborted);
    controller.abort(timeIsUp);
    await expect(result).rejects.toBe(timeIsUp);
  });

  it('settles only after the inner call has settled', async () => {
    const controller = new AbortController();
    const call = Promise.withResolvers<string>();
    const settled = vi.fn();
    const result = callWithin(controller.signal, () => call.promise);
    result.then(settled, settled);
    controller.abort(timeIsUp);
    await new Promise(setImmediate);
    expect(settled).not.toHaveBeenCalled();
    // The answer came first, so it counts.
    call.resolve('answer');
    expect(await result).toBe('answer');
  });

  it('does not begin after the signal has aborted', async () => {
    const call = vi.fn(hangUntilAborted);
    await expect(callWithin(AbortSignal.abort(timeIsUp), call)).rejects.toBe(timeIsUp);
    expect(call).not.toHaveBeenCalled();
  });

  it('rejects with the inner call’s error', async () => {
    const { signal } = new AbortController();
    const error = new Error('of the call');
    await expect(callWithin(signal, () => Promise.reject(error))).rejects.toBe(error);
  });
});

it('parallel calls end by their own signals', async () => {
  const controller = new AbortController();
  const calls = [1, 2, 3].map(() => callWithin(controller.signal, hangUntilAborted));
  controller.abort(timeIsUp);
  const results = await Promise.allSettled(calls);
  expect(results.map((result) => 'reason' in result && result.reason)).toEqual(
    Array(3).fill(timeIsUp),
  );
});

it('a finished call leaves no listener at the signal', async () => {
  const server = createServer((_, response) => response.end('{}'));
  const { client, command } = await clientOf(server);
  const { signal } = new AbortController();
  for (let n = 0; n < 3; n++) await callWithin(signal, () => client.send(command));
  await new Promise(setImmediate);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('a request ends with its call, and is not sent again', async () => {
  let requests = 0;
  const server = createServer();
  const arrived = once(server, 'request');
  server.on('request', () => {
    requests++;
  });
  const { client, command } = await clientOf(server);
  const controller = new AbortController();
  const sent: Promise<unknown>[] = [];
  const call = callWithin(controller.signal, () => {
    const answer = client.send(command);
    sent.push(answer);
    return answer;
  });
  const [request] = await arrived;
  const closed = once(request.socket, 'close');
  controller.abort(timeIsUp);
  await expect(call).rejects.toBe(timeIsUp);
  await closed;
  // Not the request's own timeout, after which the SDK would try again.
  await expect(sent[0]).rejects.toMatchObject({ name: 'AbortError', $metadata: { attempts: 1 } });
  expect(requests).toBe(1);
});

/** A client of this server, and a command. */
async function clientOf(server: Server) {
  const endpoint = `http://127.0.0.1:${await listen(server)}`;
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const client = createDynamoDBClient();
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    client.destroy();
    await hangUp(server);
  });
  return {
    client,
    command: new GetItemCommand({ TableName: 'table', Key: { key: { S: 'value' } } }),
  };
}
