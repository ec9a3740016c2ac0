import { once } from 'node:events';
import { createServer } from 'node:net';
import { PublishCommand } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { createSNSClient } from '../../../lib/aws/aws-clients.ts';
import { callWithin } from '../../../lib/aws/call-within.ts';
import { AwsStub } from '../../../tools/bench/aws-stub.ts';
import { Wire } from '../../../tools/bench/compare/wire.ts';

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

it('connections that are found dead cost no attempt and no pause', async () => {
  const { publish } = clientOf(wire.url);
  // More of them than a call has attempts.
  await Promise.all(Array.from({ length: 5 }, () => publish()));
  expect(wire.opened).toBe(5);
  await wire.end('forgotten');
  const { $metadata } = await publish();
  expect($metadata).toMatchObject({ attempts: 1, totalRetryDelay: 0 });
  expect([stub.calls.Publish, wire.opened]).toEqual([6, 6]);
});

it('a new connection that breaks costs an attempt', async () => {
  let opened = 0;
  const server = createServer((socket) => {
    opened++;
    socket.on('error', () => {}).once('data', () => socket.resetAndDestroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const { publish } = clientOf(`http://127.0.0.1:${port}`);
  await expect(publish()).rejects.toMatchObject({ code: 'ECONNRESET', $metadata: { attempts: 3 } });
  expect(opened).toBe(3);
});

// This waits for real: once the request timeout.
it('a used connection that does not answer in time costs an attempt', async () => {
  const { publish } = clientOf(wire.url);
  await publish();
  await wire.end('silent');
  expect((await publish()).$metadata).toMatchObject({ attempts: 2 });
  expect([stub.calls.Publish, wire.opened]).toEqual([2, 2]);
});

it('a used connection whose call has to end is not tried again', async () => {
  const { publish } = clientOf(wire.url);
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

function clientOf(endpoint: string) {
  vi.stubEnv('AWS_ENDPOINT_URL_SNS', endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const client = createSNSClient();
  onTestFinished(() => {
    vi.unstubAllEnvs();
    client.destroy();
  });
  return { publish: () => client.send(new PublishCommand({ TopicArn: 'arn', Message: 'm' })) };
}
