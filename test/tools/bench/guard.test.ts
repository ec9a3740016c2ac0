import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countCalls } from '../../../tools/bench/compare/calls.ts';
import {
  type Contender,
  type Contenders,
  openContenders,
} from '../../../tools/bench/compare/contenders.ts';
import { TARGETS } from '../../../tools/bench/compare/measurement.ts';
import { countAllocations } from '../../../tools/bench/compare/memory.ts';
import { smsFields, webhookEvent } from '../../../tools/bench/compare/webhook-event.ts';
import { sampleOf } from '../../../tools/bench/report.ts';
import { packageDir } from '../../helpers/local-stack.ts';

let bench: Contenders;
let webhook: Contender;

beforeAll(async () => {
  const { signal } = new AbortController();
  bench = await openContenders({ packageDir: packageDir(), withoutPeers: true, signal });
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
  const { median } = sampleOf(await countAllocations(webhook));
  expect(median).toBeGreaterThan(0);
  expect(median).toBeLessThanOrEqual(TARGETS.allocatedBytes);
}, 60_000);

describe('the AWS calls of the shipped bundle', () => {
  it('are as many as its outcome needs', async () => {
    expect(await countCalls(webhook)).toEqual({
      new: { status: 200, calls: TARGETS.calls.new },
      duplicate: { status: 200, calls: TARGETS.calls.duplicate },
      'in flight': { status: 503, calls: TARGETS.calls['in flight'] },
      conflict: { status: 409, calls: TARGETS.calls.conflict },
      rejected: { status: 400, calls: TARGETS.calls.rejected },
    });
  });

  it('are none for a stranger and for a browser, and one to keep what is refused', async () => {
    await using host = await webhook.load();
    const good = webhookEvent(smsFields('9a8d0000-0000-4000-8000-000000000001'));
    const { http } = good.requestContext;
    const get = { ...good.requestContext, http: { ...http, method: 'GET' } };
    const base64 = (body: string) => Buffer.from(body).toString('base64');
    const call = async (event: unknown) => {
      const before = webhook.stub.callCount;
      const status = await host.call('invoke', event);
      return [status, webhook.stub.callCount - before];
    };
    expect(await call({ ...good, pathParameters: { token: 'wrong' } })).toEqual([404, 0]);
    expect(await call({ ...good, requestContext: get })).toEqual([405, 0]);
    // The first one asks for what the process may spend.
    const json = { ...good, body: base64('{}'), headers: {} };
    expect(await call(json)).toEqual([415, 2]);
    expect(await call(json)).toEqual([415, 1]);
    expect(await call({ ...good, body: base64('message_id=1') })).toEqual([400, 1]);
    expect(await call({ ...good, body: base64('a'.repeat(70_000)) })).toEqual([413, 1]);
    expect(await call(good)).toEqual([200, 3]);
  });
});
