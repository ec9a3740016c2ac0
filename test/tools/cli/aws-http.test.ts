import type { RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpRequest } from '@smithy/core/protocols';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { callWithin } from '../../../lib/aws/call-within.ts';
import { AwsHttpHandler, type AwsHttpOptions } from '../../../tools/cli/aws-http.ts';
import { serve } from './in-place-of-aws.ts';

const ID = { 'x-amzn-requestid': 'id' };

/** Sends requests to a server that answers so. */
async function asking(answer: RequestListener, options: AwsHttpOptions = {}) {
  const { hostname, port } = new URL(await serve(answer));
  const handler = new AwsHttpHandler({ limitMs: 300, ...options });
  onTestFinished(() => handler.destroy());
  return async (abortSignal?: AbortSignal, headers: Record<string, string> = {}) => {
    const request = new HttpRequest({ protocol: 'http:', hostname, port: Number(port), headers });
    const { response } = await handler.handle(request, abortSignal && { abortSignal });
    return buffer(response.body);
  };
}

describe('the limit of an answer', () => {
  it('begins again while a large answer comes in', async () => {
    const part = Buffer.alloc(70_000, 'x');
    const ask = await asking(async (_, response) => {
      response.writeHead(200, ID);
      for (let sent = 0; sent < 5; sent++) {
        response.write(part);
        await delay(150);
      }
      response.end();
    });
    expect(await ask()).toHaveLength(5 * part.length);
  });

  it('is a reason to try again with a server that has answered before', async () => {
    let asked = 0;
    const ask = await asking((_, response) => {
      if (asked++ === 1) response.writeHead(200, ID).end('{}');
    });
    const refusal = async () => ask().catch((error: Error) => error);
    expect(await refusal()).toMatchObject({ name: 'NoAnswerError', $retryable: undefined });
    expect(String(await ask())).toBe('{}');
    expect(await refusal()).toMatchObject({
      name: 'NoAnswerError',
      $retryable: expect.any(Object),
    });
  });

  it.each([
    ['AmazonSQS.ReceiveMessage', 35_000],
    ['Logs_20140328.FilterLogEvents', 35_000],
    ['AmazonSQS.CreateQueue', 15_000],
    ['DynamoDB_20120810.Query', 15_000],
  ])('of %s is %d ms', async (target, ms) => {
    const ask = await asking((_, response) => void response.writeHead(200, ID).end(), {
      limitMs: undefined,
    });
    const timers = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => timers.mockRestore());
    await ask(undefined, { 'x-amz-target': target });
    const limits = timers.mock.calls.map(([, limit]) => limit);
    expect(limits.filter((limit) => limit && limit >= 15_000)).toEqual([ms]);
  });

  it('ends earlier with the deadline of a call of lib', async () => {
    const ask = await asking(() => {}, { limitMs: 60_000 });
    const deadline = AbortSignal.timeout(50);
    const call = callWithin(deadline, () => ask());
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('leaves a command that is stopped its own reason', async () => {
    const ask = await asking((_, response) => void response.writeHead(200, ID).write('{'));
    const stopping = new AbortController();
    const asked = ask(stopping.signal);
    setTimeout(() => stopping.abort(), 50);
    await expect(asked).rejects.not.toMatchObject({ name: 'NoAnswerError' });
  });
});

describe('an answer without a request id', () => {
  it('is taken from the emulators of the local stack', async () => {
    const ask = await asking((_, response) => void response.end('{}'), { needsRequestId: false });
    expect(String(await ask())).toBe('{}');
  });

  it.each([
    [ID, '{}'],
    [{}, '<R><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></R>'],
  ])('is no other: %o %s', async (headers, body) => {
    const ask = await asking((_, response) => void response.writeHead(200, headers).end(body));
    expect(String(await ask())).toBe(body);
  });
});
