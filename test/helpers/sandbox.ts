import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { functionEnvironment, readFunctions } from '../../tools/local/function-definition.ts';
import type { FaultyStack } from './faulty-stack.ts';
import { packageDir } from './local-stack.ts';

export interface SandboxInvocation {
  readonly event: unknown;
  /** The function's remaining time at the beginning. */
  readonly remainingMs: number;
}

/** The result of an invocation, and its work that was still running when its handler settled. */
export interface SandboxReport {
  readonly result?: unknown;
  /** The name of the handler's error. */
  readonly error?: string;
  readonly underWay: { readonly requests: number; readonly timers: number };
}

/** One sandbox of a function in the stack's package. It is stopped between invocations. */
export interface Sandbox extends AsyncDisposable {
  invoke(invocation: SandboxInvocation): Promise<SandboxReport>;
}

const MAIN = fileURLToPath(new URL('sandbox-process.ts', import.meta.url));

/** @param key The function's name in serverless.yml. */
export async function startSandbox(key: string, service: FaultyStack): Promise<Sandbox> {
  const codeDir = await mkdtemp(join(tmpdir(), 'inbound-sms-sandbox-'));
  const functions = await readFunctions(service.stack.template, packageDir(), codeDir);
  const fn = functions.find((definition) => definition.key === key);
  if (!fn) throw new Error(`There is no function ${key}`);
  const endpoints = { dynamodb: service.dynamodb.url, sns: service.sns.url };
  const child = fork(MAIN, [fn.file, fn.exportName], {
    cwd: fn.taskRoot,
    env: functionEnvironment(fn, endpoints),
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return {
    invoke: async (invocation) => {
      child.kill('SIGCONT');
      child.send(invocation);
      const [report] = await once(child, 'message');
      return report as SandboxReport;
    },
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      await rm(codeDir, { recursive: true });
    },
  };
}
