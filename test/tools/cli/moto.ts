import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** Moto speaks CloudFormation, CloudWatch Logs and the rest: https://docs.getmoto.org */
export const hasMoto = await promisify(execFile)('moto_server', ['--help']).then(
  () => true,
  () => false,
);

export interface Moto extends AsyncDisposable {
  readonly endpoint: string;
}

/** Starts an AWS that is none, on a free port. */
export async function startMoto(): Promise<Moto> {
  const child = spawn('moto_server', ['-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let endpoint = '';
  for await (const line of createInterface({ input: child.stderr })) {
    [endpoint = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (endpoint) break;
  }
  child.stderr.resume();
  return {
    endpoint,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
