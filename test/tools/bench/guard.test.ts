import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countCalls } from '../../../tools/bench/compare/calls.ts';
import type { Contender } from '../../../tools/bench/compare/contenders.ts';
import { TARGETS } from '../../../tools/bench/compare/measurement.ts';
import { countAllocations } from '../../../tools/bench/compare/memory.ts';
import { smsFields, webhookEvent } from '../../../tools/bench/compare/webhook-event.ts';
import {
  type FunctionHost,
  openWorkbench,
  type Workbench,
} from '../../../tools/bench/compare/workbench.ts';
import { packageDir } from '../../helpers/local-stack.ts';

let bench: Workbench;
let webhook: Contender;

beforeAll(async () => {
  const { signal } = new AbortController();
  bench = await openWorkbench({ packageDir: packageDir(), withoutPeers: true, signal });
  const [ours] = bench.contenders;
  if (!ours) throw new Error('The package has no webhook');
  webhook = ours;
});
afterAll(() => bench?.[Symbol.asyncDispose]());

describe('the size of the bundle', () => {
  it.each(['webhook', 'sweeper'])('of the %s', (name) => {
    const { size } = name === 'webhook' ? webhook : bench.sweeper;
    const { minifiedBytes, zippedBytes } = TARGETS.bundle;
    expect(size?.minifiedBytes).toBeGreaterThan(0);
    expect(size?.minifiedBytes).toBeLessThanOrEqual(minifiedBytes);
    expect(size?.zippedBytes).toBeLessThanOrEqual(zippedBytes);
  });
});

it('the memory that a message allocates', async () => {
  const { median } = await countAllocations(bench, webhook);
  expect(median).toBeGreaterThan(0);
  expect(median).toBeLessThanOrEqual(TARGETS.allocatedBytes);
}, 60_000);

describe('the AWS calls of the shipped bundle', () => {
  it('are as many as its outcome needs', async () => {
    expect(await countCalls(bench, webhook)).toEqual({
      new: { status: 200, calls: TARGETS.calls.new },
      duplicate: { status: 200, calls: TARGETS.calls.duplicate },
      'in flight': { status: 503, calls: TARGETS.calls['in flight'] },
      conflict: { status: 409, calls: TARGETS.calls.conflict },
      rejected: { status: 400, calls: TARGETS.calls.rejected },
    });
  });

  it('are none for a request that is refused', async () => {
    await using host: FunctionHost = await bench.load(webhook);
    const good = webhookEvent(smsFields('9a8d0000-0000-4000-8000-000000000001'));
    const { http } = good.requestContext;
    const refused: [number, unknown][] = [
      [404, { ...good, pathParameters: { token: 'wrong' } }],
      [
        405,
        { ...good, requestContext: { ...good.requestContext, http: { ...http, method: 'GET' } } },
      ],
      [415, { ...good, body: Buffer.from('{}').toString('base64'), headers: {} }],
      [413, { ...good, body: Buffer.alloc(70_000, 'a').toString('base64') }],
      [400, { ...good, body: Buffer.from('message_id=1').toString('base64') }],
    ];
    const before = await bench.stub.call('calls', webhook.name);
    for (const [status, event] of refused) expect(await host.call('invoke', event)).toBe(status);
    expect(await bench.stub.call('calls', webhook.name)).toBe(before);

    // The same request as it should be is not refused.
    expect(await host.call('invoke', good)).toBe(200);
  });
});
