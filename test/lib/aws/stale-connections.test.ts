import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { callWithin } from '../../../lib/aws/call-within.ts';
import { rehearse } from '../../../lib/aws/rehearsal.ts';
import { AwsStub } from '../../../tools/bench/aws-stub.ts';
import { Wire } from '../../../tools/bench/compare/wire.ts';
import { publishWith, snsClientOf } from '../../helpers/sns-client.ts';

let stub: AwsStub;
let wire: Wire;
beforeEach(async () => {
  stub = await AwsStub.start();
  wire = await Wire.open(stub.endpoints.sns);
});
afterEach(async () => {
  await wire[Symbol.asyncDispose]();
  await stub[Symbol.asyncDispose]();
});

it('dead connections cost no attempt and no pause', async () => {
  const publish = publisherAt(wire.url);
  // More connections than a call has attempts.
  await Promise.all(Array.from({ length: 5 }, () => publish()));
  expect(wire.opened).toBe(5);
  await wire.end('forgotten');
  const { $metadata } = await publish();
  expect($metadata).toMatchObject({ attempts: 1, totalRetryDelay: 0 });
  expect([stub.calls.Publish, wire.opened]).toEqual([6, 6]);
});

it('a new connection that breaks costs an attempt', async () => {
  const breaking = await startBreaking();
  const publish = publisherAt(breaking.url);
  await expect(publish()).rejects.toMatchObject({ code: 'ECONNRESET', $metadata: { attempts: 3 } });
  expect(breaking.opened).toBe(3);
});

it('a broken connection that was opened ahead costs no attempt of its own call', async () => {
  const breaking = await startBreaking();
  const publish = publisherAt(breaking.url);
  await rehearse(new AbortController().signal, publish);
  const calls = await Promise.allSettled([publish(), publish()]);
  expect(calls).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  // That connection, and three attempts for each call.
  expect(breaking.opened).toBe(1 + 2 * 3);
});

// This really waits for one request timeout.
it('a reused connection that does not answer in time costs an attempt', async () => {
  const publish = publisherAt(wire.url);
  await publish();
  await wire.end('silent');
  expect((await publish()).$metadata).toMatchObject({ attempts: 2 });
  expect([stub.calls.Publish, wire.opened]).toEqual([2, 2]);
});

it('a reused connection is not tried again after its call has ended', async () => {
  const publish = publisherAt(wire.url);
  await publish();
  const [asked, controller] = [Promise.withResolvers<void>(), new AbortController()];
  stub.beforeAnswer = async () => {
    asked.resolve();
    await new Promise<void>((resolve) =>
      controller.signal.addEventListener('abort', () => resolve()),
    );
  };
  const call = callWithin(controller.signal, publish);
  await asked.promise;
  const timeIsUp = new Error('time is up');
  controller.abort(timeIsUp);
  await expect(call).rejects.toBe(timeIsUp);
  expect([stub.calls.Publish, wire.opened]).toEqual([2, 1]);
});

function publisherAt(endpoint: string) {
  const client = snsClientOf(endpoint);
  return () => publishWith(client);
}

/** A server that resets each connection when a request arrives. */
async function startBreaking() {
  const server = createServer((socket) => {
    breaking.opened++;
    socket.on('error', () => {}).once('data', () => socket.resetAndDestroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const breaking = { url: `http://127.0.0.1:${port}`, opened: 0 };
  return breaking;
}
