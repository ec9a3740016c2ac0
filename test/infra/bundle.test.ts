import { createServer, type IncomingHttpHeaders } from 'node:http';
import { expect, it, onTestFinished, vi } from 'vitest';
import { TARGETS } from '../../tools/bench/compare/measurement.ts';
import { hangUp, listen } from '../../tools/local/listen.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { bundleFunction } from '../helpers/bundle-function.ts';
import { postForm, startTestStack } from '../helpers/local-stack.ts';

const { REPLACED } = await vi.importActual<{ REPLACED: ReadonlyMap<string, string> }>(
  '../../infra/bundle/index.js',
);
const FUNCTIONS = ['functions/receive-sms.ts', 'functions/publish-pending.ts'];

/** Whether a path belongs to this package, or to this part of one. */
const isOf = (name: string) => {
  const [scope, part, ...rest] = name.split('/');
  const submodule = rest.length > 0 ? `dist-es/submodules/${rest.join('/')}/` : '';
  const inPackage = new RegExp(`node_modules/${scope}/${part}/${submodule}`);
  return (path: string) => inPackage.test(path);
};

it.each([...REPLACED])('%s is left out of the SDK', async (name, file) => {
  const without = await bundleFunction('functions/receive-sms.ts', []);
  expect(without.kept.some(isOf(name)), 'nothing to leave out: drop the replacement').toBe(true);
  for (const entryPoint of [...FUNCTIONS, 'functions/forward-message.ts']) {
    const { read } = await bundleFunction(entryPoint);
    expect(read.filter(isOf(name))).toEqual([]);
    expect(read).toContain(`lib/aws/sdk/${file}`);
  }
});

it.each(FUNCTIONS)('%s gets Node’s modules without importing them', async (entryPoint) => {
  const without = await bundleFunction(entryPoint, []);
  expect(without.imported, 'nothing to take: drop the plugin').toContain('node:https');
  expect((await bundleFunction(entryPoint)).imported).toEqual([]);
});

it.each(FUNCTIONS)('%s contains no more modules than before', async (entryPoint) => {
  const { kept } = await bundleFunction(entryPoint);
  expect(kept.length).toBeGreaterThan(100);
  expect(kept.length).toBeLessThanOrEqual(TARGETS.bundle.modules);
});

const OF_THE_FORWARDER = /client-s(qs|sm)\/|standardwebhooks|lib\/forwarding\//;

it.each(FUNCTIONS)('%s contains nothing of the forwarder', async (entryPoint) => {
  const { kept } = await bundleFunction(entryPoint);
  expect(kept.filter((path) => OF_THE_FORWARDER.test(path))).toEqual([]);
});

it('finds the forwarder’s modules in the forwarder’s bundle', async () => {
  const { kept } = await bundleFunction('functions/forward-message.ts');
  expect(kept.filter((path) => OF_THE_FORWARDER.test(path)).length).toBeGreaterThan(10);
});

it('the functions sign with the credentials in their environment', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end('{"__type":"com.amazon.coral.service#UnrecognizedClientException"}');
  });
  const dynamodb = `http://127.0.0.1:${await listen(server)}`;
  onTestFinished(() => hangUp(server));
  await using stack = await startTestStack({
    endpoints: { dynamodb },
    functionEnvironment: { AWS_ACCESS_KEY_ID: 'AKIDOFLAMBDA', AWS_SESSION_TOKEN: 'of-lambda' },
  });
  expect((await postForm(stack.webhookUrl, someForm())).status).toBe(503);
  expect(seen[0]?.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDOFLAMBDA\/\d{8}\//);
  expect(seen[0]).toMatchObject({
    'x-amz-security-token': 'of-lambda',
    'x-amz-target': 'DynamoDB_20120810.PutItem',
  });
});
