import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { awsDependencies } from '../../lib/aws/aws-dependencies.ts';
import { rehearse, rehearsedUntil } from '../../lib/aws/rehearsal.ts';
import { readReceiveSmsConfig } from '../../lib/config.ts';
import { deliverMadeUp, getReady } from '../../lib/get-ready.ts';
import { AwsStub } from '../../tools/bench/aws-stub.ts';
import { someForm, webhookEvent } from '../fixtures/webhook-event.ts';
import { startSilentHost } from '../helpers/start-silent-host.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let stub: AwsStub;
beforeEach(async () => {
  stub = await AwsStub.start();
  onTestFinished(() => stub[Symbol.asyncDispose]());
  const environment = {
    ...{ AWS_REGION: 'ap-southeast-2', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
    ...{ AWS_ENDPOINT_URL_DYNAMODB: stub.endpoints.dynamodb },
    ...{ AWS_ENDPOINT_URL_SNS: stub.endpoints.sns },
    ...{ SERVICE: 'inbound-sms', STAGE: 'test', MESSAGES_TABLE_NAME: 'messages' },
    ...{ MESSAGES_TOPIC_ARN: 'arn:aws:sns:ap-southeast-2:0:topic', RETENTION_DAYS: '90' },
    ...{ WEBHOOK_TOKEN_HASHES: sha256('test'), WEBHOOK_TOKEN_LENGTHS: '4' },
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
});

type WebhookHandler = (
  event: APIGatewayProxyEventV2,
  context: object,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** The function as Lambda loads it, and its output. */
async function load() {
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
  onTestFinished(() => write.mockRestore());
  vi.resetModules();
  const { handler } = await import('../../functions/receive-sms.ts');
  const post = () =>
    (handler as unknown as WebhookHandler)(webhookEvent(String(new URLSearchParams(someForm()))), {
      awsRequestId: 'r-1',
      functionName: 'receive-sms',
      getRemainingTimeInMillis: () => 10_000,
    });
  return { post, lines };
}

describe('a webhook that has got ready', () => {
  it('has sent and logged nothing, and has a connection to each service', async () => {
    const { lines } = await load();
    await vi.waitUntil(() => stub.connections === 2);
    expect([stub.callCount, lines]).toEqual([0, []]);
  });

  it('handles its first message as usual, over these connections', async () => {
    const { post, lines } = await load();
    for (let n = 0; n < 2; n++) expect(await post()).toMatchObject({ statusCode: 200 });
    expect(stub.calls).toEqual({ PutItem: 2, Publish: 2, UpdateItem: 2 });
    expect(stub.connections).toBe(2);
    const [first, second] = lines.map((line) => JSON.parse(line));
    expect(first).toMatchObject({ outcome: 'published', requests: 1, attempts: 1, Published: 1 });
    const { cold_start, ...rest } = first;
    expect(cold_start).toBe(true);
    expect(Object.keys(second)).toEqual(Object.keys(rest));
  });

  it('starts without a network', async () => {
    await stub[Symbol.asyncDispose]();
    const { post, lines } = await load();
    expect(lines).toEqual([]);
    expect(await post()).toMatchObject({ statusCode: 503 });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ outcome: 'unavailable', cold_start: true });
  });

  it('starts without credentials', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    const { lines } = await load();
    expect(lines).toEqual([]);
  });
});

describe('the start of the webhook', () => {
  const FUNCTION = fileURLToPath(new URL('../../functions/receive-sms.ts', import.meta.url));

  /** A host that accepts connections and never answers. */
  async function startMute(): Promise<string> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => {}));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it.each([
    ['the services answer', () => stub.endpoints.dynamodb],
    ['nothing listens', () => 'http://127.0.0.1:9'],
    ['the host is silent', startSilentHost],
    ['TLS is never answered', startMute],
    ['the name is unknown', () => 'https://aws.invalid'],
  ])('succeeds and leaves nothing running where %s', async (_, endpoint) => {
    const url = await endpoint();
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', url);
    vi.stubEnv('AWS_ENDPOINT_URL_SNS', url);
    const child = spawn(process.execPath, [FUNCTION], { env: process.env });
    const said = Promise.all([text(child.stdout), text(child.stderr)]);
    // A process ends by itself when nothing keeps it running.
    const [code] = await once(child, 'exit');
    expect([code, await said]).toEqual([0, ['', '']]);
    expect(stub.callCount).toBe(0);
  });
});

describe('the made-up message', () => {
  it.each([
    ['by default', {}],
    ['with a FIFO topic', { MESSAGES_TOPIC_ARN: 'arn:aws:sns:ap-southeast-2:0:topic.fifo' }],
    ['in the other format', { MESSAGE_FORMAT: 'aws-two-way-sms' }],
  ])('is stored and published, %s, and leaves no trace', async (_, environment) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const dependencies = { ...awsDependencies(readReceiveSmsConfig()), leaseMs: 30_000 };
    const publish = vi.spyOn(dependencies.topic, 'publish');
    await rehearse(new AbortController().signal, () => deliverMadeUp(dependencies));
    await expect(publish.mock.results[0]?.value).resolves.toMatch(/^0{8}-/);
    expect(stub.callCount).toBe(0);
  });
});

describe('getting ready', () => {
  /** Ends each timer at once. */
  function noTime(): number[] {
    const limits: number[] = [];
    const begun = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((
      run: () => void,
      ms: number,
    ) => {
      limits.push(ms);
      setImmediate(run);
    }) as typeof setTimeout);
    onTestFinished(() => begun.mockRestore());
    return limits;
  }

  it('ends within a second, and later calls of its code stay rehearsed', async () => {
    const limits = noTime();
    const goOn = Promise.withResolvers<void>();
    const later = Promise.withResolvers<AbortSignal | undefined>();
    await getReady(async () => {
      await goOn.promise;
      later.resolve(rehearsedUntil());
    });
    expect(limits).toHaveLength(1);
    expect(limits[0]).toBeLessThan(1_000);
    expect(rehearsedUntil()).toBeUndefined();
    goOn.resolve();
    expect(await later.promise).toMatchObject({ aborted: true });
  });

  it('waits for the end of what it aborts', async () => {
    noTime();
    let hasEnded = false;
    await getReady(async () => {
      await once(rehearsedUntil() as AbortSignal, 'abort');
      await new Promise(process.nextTick);
      hasEnded = true;
    });
    expect(hasEnded).toBe(true);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('a defect');
      },
    ],
    ['fails', () => Promise.reject(new Error('a defect'))],
  ])('does not fail when its code %s', async (_, handle) => {
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    onTestFinished(() => cleared.mockRestore());
    await expect(getReady(handle)).resolves.toBeUndefined();
    expect(cleared).toHaveBeenCalledOnce();
  });

  it('ends when Node throws an error that rejects no promise', async () => {
    const begun = vi.spyOn(globalThis, 'setTimeout').mockReturnValue({} as NodeJS.Timeout);
    onTestFinished(() => begun.mockRestore());
    await getReady(async () => {
      process.nextTick(() => {
        throw new Error('a socket lacks a method');
      });
      await new Promise(() => {});
    });
    expect(process.hasUncaughtExceptionCaptureCallback()).toBe(false);
  });

  it('leaves another handler of uncaught exceptions in place', async () => {
    const taken = Promise.withResolvers<Error>();
    process.setUncaughtExceptionCaptureCallback(taken.resolve);
    onTestFinished(() => process.setUncaughtExceptionCaptureCallback(null));
    await getReady(async () => {});
    process.nextTick(() => {
      throw new Error('anything');
    });
    expect(await taken.promise).toMatchObject({ message: 'anything' });
  });

  it('does not fail when its code fails later', async () => {
    noTime();
    const goOn = Promise.withResolvers<void>();
    await getReady(() => goOn.promise);
    goOn.reject(new Error('a defect'));
    // Vitest reports unhandled rejections.
    await new Promise(setImmediate);
  });
});
