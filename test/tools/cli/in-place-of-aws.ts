import { createServer, type RequestListener } from 'node:http';
import { expect, onTestFinished } from 'vitest';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { runCli } from './run-cli.ts';

export const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };

/** Listens until the test is over. */
export async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  const port = await listen(server);
  onTestFinished(() => hangUp(server));
  return `http://localhost:${port}`;
}

/** An answer in the place of CloudFormation's. */
export function answering(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): RequestListener {
  return (request, response) => {
    request.resume();
    response.writeHead(status, headers).end(body);
  };
}

/** What `list` says when it fails. */
export async function list(env: Readonly<Record<string, string>>, ...args: string[]) {
  const all = { ...CREDENTIALS, AWS_MAX_ATTEMPTS: '1', ...env };
  const { code, stdout, stderr } = await runCli(['list', '--stage', 'prod', ...args], { env: all });
  expect(stdout).toBe('');
  const [message = '', hint = '', ...others] = stderr.trimEnd().split('\n');
  // A sentence with the cause, and one with the next step.
  expect(others).toEqual([]);
  return { code, message: message.replace(/^error: /, ''), hint };
}
