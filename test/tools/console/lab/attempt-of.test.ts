import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { attemptOf } from '../../../../tools/console/lab/attempt-of.ts';
import type { Attempt } from '../../../../tools/console/protocol.ts';
import type { InvocationResult } from '../../../../tools/local/function-runtime.ts';
import {
  type Gateway,
  type GatewayOptions,
  startGateway,
} from '../../../../tools/local/gateway.ts';

const ROUTE = { key: 'ANY /sms/{token}', functionArn: 'arn', timeoutMs: 5_000 };

async function serve(
  invoke: () => Promise<InvocationResult>,
  options: Partial<GatewayOptions> = {},
): Promise<Gateway & { readonly attempts: Attempt[] }> {
  const attempts: Attempt[] = [];
  const gateway = await startGateway({
    routes: [ROUTE],
    invoke,
    onAnswer: (answered) => attempts.push(attemptOf(answered, 1_000)),
    ...options,
  });
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  return { ...gateway, attempts };
}

const post = (gateway: Gateway) =>
  fetch(`${gateway.url}/sms/test`, { method: 'POST', body: 'message_id=a' });
const TIMES = { at: 1_000, ms: expect.any(Number) };

it('has what the gateway answers itself', async () => {
  const gateway = await serve(async () => ({ ok: true, result: { statusCode: 200 } }), {
    throttle: { rate: 0, burst: 1 },
  });
  await post(gateway);
  await post(gateway);
  expect(gateway.attempts).toEqual([
    { ...TIMES, status: 200, message_id: 'a' },
    { ...TIMES, status: 429, message_id: 'a', reason: 'Too Many Requests' },
  ]);
});

it.each([
  ['error', 'Error: +61491570006 wrote this', 'The function threw an error'],
  ['timeout', 'Task timed out after 10.00 seconds', 'Task timed out after 10.00 seconds'],
  ['crash', 'The process exited with code 1\nlast words', 'The process exited with code 1'],
] as const)('says why a function gave no answer: %s', async (kind, message, reason) => {
  const gateway = await serve(async () => ({ ok: false, kind, message }));
  await post(gateway);
  expect(gateway.attempts).toEqual([{ ...TIMES, status: 500, message_id: 'a', reason }]);
});

it('has a function that API Gateway does not wait for', async () => {
  const routes = [{ ...ROUTE, timeoutMs: 20 }];
  const gateway = await serve(() => new Promise(() => {}), { routes });
  await post(gateway);
  expect(gateway.attempts).toMatchObject([{ status: 503, reason: 'API Gateway waits no longer' }]);
});

it('has no status if nobody was there to be answered', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const gateway = await serve(async () => {
    resolve();
    await delay(100);
    return { ok: true, result: { statusCode: 200 } };
  });
  const leaving = new AbortController();
  const { signal } = leaving;
  const options = { method: 'POST', body: 'message_id=a', signal };
  const request = fetch(`${gateway.url}/sms/test`, options).catch(() => {});
  await asked;
  leaving.abort();
  await request;
  await vi.waitFor(() =>
    expect(gateway.attempts).toEqual([
      { ...TIMES, message_id: 'a', reason: 'The caller was gone' },
    ]),
  );
});
