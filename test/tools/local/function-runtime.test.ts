import { expect, onTestFinished, test, vi } from 'vitest';
import { functionEnvironment } from '../../../tools/local/function-definition.ts';
import { FunctionRuntime, type RuntimeOptions } from '../../../tools/local/function-runtime.ts';
import { stillTimers } from '../../helpers/still-timers.ts';
import { fixtureFunction } from './fixture-function.ts';

const ENDPOINTS = {
  ...{ dynamodb: 'http://localhost:1', sns: 'http://localhost:2' },
  ...{ sqs: 'http://localhost:3', ssm: 'http://localhost:4' },
};

interface FixtureOptions extends Partial<RuntimeOptions> {
  readonly timeoutMs?: number;
}

/** Runs a module whose handler has this body, with `event` and `context`. */
async function runFunction(
  handlerBody: string,
  { timeoutMs = 5_000, ...options }: FixtureOptions = {},
): Promise<FunctionRuntime> {
  const source = `export const handler = async (event, context) => { ${handlerBody} };`;
  return runModule(source, { timeoutMs, ...options });
}

async function runModule(source: string, options: FixtureOptions = {}): Promise<FunctionRuntime> {
  const { timeoutMs = 5_000, ...runtimeOptions } = options;
  const definition = await fixtureFunction(source, { timeoutMs });
  const environment = functionEnvironment(definition, ENDPOINTS);
  const runtime = new FunctionRuntime(definition, { environment, ...runtimeOptions });
  onTestFinished(() => runtime[Symbol.asyncDispose]());
  return runtime;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('the handler gets the event, and its result is returned', async () => {
  const runtime = await runFunction('return { got: event };');
  expect(await runtime.invoke({ a: ['ü', null] })).toEqual({
    ok: true,
    result: { got: { a: ['ü', null] } },
  });
});

test('no result becomes null, because JSON has no undefined', async () => {
  const runtime = await runFunction('');
  expect(await runtime.invoke({})).toEqual({ ok: true, result: null });
});

test('the handler gets Lambda’s context', async () => {
  const runtime = await runFunction(
    'return { ...context, remaining: context.getRemainingTimeInMillis() };',
  );
  expect(await runtime.invoke({})).toEqual({
    ok: true,
    result: {
      awsRequestId: expect.stringMatching(/^[\da-f-]{36}$/),
      functionName: 'service-fixture',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:ap-southeast-2:000000000000:function:service-fixture',
      memoryLimitInMB: '512',
      logGroupName: '/aws/lambda/service-fixture',
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][\da-f]{32}$/),
      callbackWaitsForEmptyEventLoop: true,
      remaining: expect.toSatisfy((ms) => ms > 4_000 && ms <= 5_000),
    },
  });
});

test('its environment has the variables of the template and of Lambda, and none of the user', async () => {
  vi.stubEnv('AWS_PROFILE', 'production');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'real');
  vi.stubEnv('NODE_OPTIONS', '--no-warnings');
  onTestFinished(() => void vi.unstubAllEnvs());
  const definition = await fixtureFunction('export const handler = () => process.env;');
  const configured = { ...definition, environment: { TABLE: 't', AWS_ENDPOINT_URL_SNS: 'real' } };
  const runtime = new FunctionRuntime(configured, {
    environment: functionEnvironment(configured, ENDPOINTS, { EXTRA: 'e' }),
  });
  onTestFinished(() => runtime[Symbol.asyncDispose]());

  const { result } = (await runtime.invoke({})) as { result: Record<string, string> };
  expect(result).toMatchObject({
    TABLE: 't',
    EXTRA: 'e',
    TZ: ':UTC',
    _HANDLER: 'index.handler',
    LAMBDA_TASK_ROOT: definition.taskRoot,
    AWS_REGION: 'ap-southeast-2',
    AWS_LAMBDA_FUNCTION_NAME: 'service-fixture',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: ENDPOINTS.dynamodb,
    AWS_ENDPOINT_URL_SNS: ENDPOINTS.sns,
    AWS_ENDPOINT_URL_SQS: ENDPOINTS.sqs,
    AWS_ENDPOINT_URL_SSM: ENDPOINTS.ssm,
  });
  expect(result).not.toHaveProperty('AWS_PROFILE');
  expect(result).not.toHaveProperty('NODE_OPTIONS');
  expect(result).not.toHaveProperty('HOME');
});

test('consecutive invocations share a process', async () => {
  const runtime = await runFunction('return process.pid;');
  const first = await runtime.invoke({});
  expect(await runtime.invoke({})).toEqual(first);
});

test('parallel invocations each have a process, up to the limit; others wait', async () => {
  // Each invocation waits until as many as the limit are running.
  const runtime = await runFunction(
    `const { mkdirSync, readdirSync } = await import('node:fs');
     mkdirSync(event.dir + '/' + process.pid, { recursive: true });
     while (readdirSync(event.dir).length < 2) await new Promise((r) => setTimeout(r, 5));
     return process.pid;`,
    { maxInstances: 2 },
  );
  const dir = `${runtime.definition.taskRoot}/running`;
  const results = await Promise.all([1, 2, 3, 4, 5].map(() => runtime.invoke({ dir })));
  const pids = results.map((result) => (result.ok ? result.result : result.message));
  expect(new Set(pids).size).toBe(2);
  expect(pids.every(Number.isInteger)).toBe(true);
});

test('a handler that throws fails its invocation and keeps its process', async () => {
  const runtime = await runFunction(
    'if (event.fail) throw new TypeError("no good"); return process.pid;',
  );
  const before = await runtime.invoke({});
  const failed = await runtime.invoke({ fail: true });
  expect(failed).toMatchObject({ ok: false, kind: 'error' });
  expect(failed).toHaveProperty('message', expect.stringContaining('TypeError: no good'));
  expect(await runtime.invoke({})).toEqual(before);
});

test.each([
  ['an endless loop', 'for (;;);'],
  ['a promise that never settles', 'await new Promise(() => setInterval(() => {}, 1000));'],
])('%s is ended at the timeout', async (_, body) => {
  const runtime = await runFunction(`if (event.hang) { ${body} } return process.pid;`, {
    timeoutMs: 300,
  });
  const before = (await runtime.invoke({})) as { result: number };
  expect(await runtime.invoke({ hang: true })).toEqual({
    ok: false,
    kind: 'timeout',
    message: 'Task timed out after 0.30 seconds',
  });
  expect(isRunning(before.result)).toBe(false);
  expect(await runtime.invoke({})).toMatchObject({ ok: true });
});

test.each([
  [
    'an uncaught exception',
    'setTimeout(() => { throw new Error("boom"); }); await new Promise(() => {});',
    /exited with code 1\n.*boom/s,
  ],
  [
    'an unhandled rejection',
    'Promise.reject(new Error("boom")); await new Promise(() => {});',
    /exited with code 1\n.*boom/s,
  ],
  ['process.exit', 'process.exit(3);', /exited with code 3/],
  [
    'a signal',
    'process.kill(process.pid, "SIGKILL"); await new Promise(() => {});',
    /was ended by SIGKILL/,
  ],
])('%s ends one invocation and no other', async (_, body, message) => {
  const runtime = await runFunction(`if (event.crash) { ${body} } return 'fine';`);
  const [crashed, other] = await Promise.all([runtime.invoke({ crash: true }), runtime.invoke({})]);
  expect(crashed).toMatchObject({ ok: false, kind: 'crash' });
  expect(crashed).toHaveProperty('message', expect.stringMatching(message));
  expect(other).toEqual({ ok: true, result: 'fine' });
  expect(await runtime.invoke({})).toEqual({ ok: true, result: 'fine' });
});

test('a start may take ten seconds and the function’s timeout', async () => {
  const timers = stillTimers();
  const runtime = await runFunction('return 1;', { timeoutMs: 5_000 });
  expect(await runtime.invoke({})).toEqual({ ok: true, result: 1 });
  expect(timers.limits()).toEqual([15_000, 5_000]);
});

test.each([
  ['does not parse', 'export const handler = ;', /SyntaxError/],
  [
    'throws',
    'throw new Error("MESSAGES_TABLE_NAME is not set");',
    /MESSAGES_TABLE_NAME is not set/,
  ],
  ['has no such export', 'export const other = 1;', /exports no function "handler"/],
])('a module that %s fails each invocation, with the reason', async (_, source, message) => {
  const runtime = await runModule(source);
  for (let attempt = 0; attempt < 2; attempt++) {
    const result = await runtime.invoke({});
    expect(result).toMatchObject({ ok: false, kind: 'crash' });
    expect(result).toHaveProperty('message', expect.stringMatching(message));
  }
});

test('after a kill, its processes are gone and the next invocation gets a new one', async () => {
  const runtime = await runFunction(
    'if (event.wait) await new Promise(() => setInterval(() => {}, 1000)); return process.pid;',
  );
  const { result: pid } = (await runtime.invoke({})) as { result: number };
  const waiting = runtime.invoke({ wait: true });
  await runtime.kill();
  expect(isRunning(pid)).toBe(false);
  expect(await waiting).toMatchObject({ ok: false, kind: 'crash' });
  const again = (await runtime.invoke({})) as { result: number };
  expect(again).toEqual({ ok: true, result: expect.any(Number) });
  expect(again.result).not.toBe(pid);
});

test('after closing, it has no process, ends waiting invocations and accepts no more', async () => {
  const runtime = await runFunction('await new Promise(() => setInterval(() => {}, 1000));', {
    maxInstances: 1,
  });
  const running = runtime.invoke({});
  const queued = [runtime.invoke({}), runtime.invoke({})].map((p) => p.catch((e) => e.message));
  await runtime[Symbol.asyncDispose]();
  expect(await running).toMatchObject({ ok: false, kind: 'crash' });
  expect(await Promise.all(queued)).toEqual(Array(2).fill('The local stack is closed'));
  await expect(runtime.invoke({})).rejects.toThrow('The local stack is closed');
});

test('reports its lines and its failures', async () => {
  const lines: string[] = [];
  const runtime = await runFunction(
    'console.log("out\\nand out"); console.error("err"); process.exit(1);',
    {
      onLog: (line) => lines.push(line),
    },
  );
  await runtime.invoke({});
  expect(lines.slice(0, -1).toSorted()).toEqual(['and out', 'err', 'out']);
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
    level: 'ERROR',
    message: 'The process of fixture exited with code 1\nerr',
  });
});
