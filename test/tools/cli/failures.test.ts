import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { runCli, startCli } from './run-cli.ts';

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  const port = await listen(server);
  onTestFinished(() => hangUp(server));
  return `http://localhost:${port}`;
}

/** An AWS that answers every request with this error, as CloudFormation does. */
const failingWith = (status: number, code: string) =>
  serve((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'text/xml' });
    response.end(
      `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>Said AWS</Message></Error></ErrorResponse>`,
    );
  });

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };

async function listFails(env: Readonly<Record<string, string>>, ...args: string[]) {
  const { code, stdout, stderr } = await runCli(['list', '--stage', 'prod', ...args], { env });
  expect(stdout).toBe('');
  const [message = '', hint = '', ...others] = stderr.trimEnd().split('\n');
  // Two lines, and no stack trace.
  expect(others).toEqual([]);
  return { code, message, hint };
}

describe('without AWS', () => {
  it('there are no credentials: 4', async () => {
    expect(await listFails({})).toEqual({
      code: 4,
      message: expect.stringMatching(/^error: There are no AWS credentials: /),
      hint: expect.stringContaining('--profile'),
    });
  });

  it('there is no such profile: 4', async () => {
    expect(await listFails(CREDENTIALS, '--profile', 'nobody')).toMatchObject({
      code: 4,
      message: 'error: There is no profile "nobody" in ~/.aws/config or ~/.aws/credentials.',
    });
  });

  it.each([
    ['AccessDenied', 403, 4, 'AWS does not allow it: Said AWS'],
    ['ExpiredToken', 403, 4, 'AWS does not accept the credentials: Said AWS'],
    ['InvalidClientTokenId', 403, 4, 'AWS does not accept the credentials: Said AWS'],
    ['Throttling', 400, 1, 'AWS throttles the requests: Throttling'],
    ['ValidationError', 400, 1, 'AWS answered ValidationError: Said AWS'],
  ])('it answers %s (%d): %d', async (name, status, code, message) => {
    const AWS_ENDPOINT_URL = await failingWith(status, name);
    const env = { ...CREDENTIALS, AWS_ENDPOINT_URL, AWS_MAX_ATTEMPTS: '1' };
    expect(await listFails(env)).toMatchObject({ code, message: `error: ${message}` });
  });

  it('nothing answers: 1', async () => {
    const server = createServer();
    const port = await listen(server);
    await hangUp(server);
    const env = {
      ...CREDENTIALS,
      AWS_ENDPOINT_URL: `http://localhost:${port}`,
      AWS_MAX_ATTEMPTS: '1',
    };
    expect(await listFails(env)).toMatchObject({
      code: 1,
      message: `error: AWS cannot be reached: nothing listens at 127.0.0.1:${port} (ECONNREFUSED)`,
    });
  });
});

describe('a stack that is not there', () => {
  const WHERE = /^error: There is no stack (.*)\.$/;
  const lookedFor = async (env: Readonly<Record<string, string>>, ...args: string[]) => {
    const AWS_ENDPOINT_URL = await serve((request, response) => {
      request.resume();
      response.writeHead(400, { 'content-type': 'text/xml' });
      response.end(
        '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id x does not exist</Message></Error></ErrorResponse>',
      );
    });
    const { code, stderr } = await runCli(['list', ...args], {
      env: { ...CREDENTIALS, AWS_ENDPOINT_URL, ...env },
    });
    expect(code).toBe(3);
    return WHERE.exec(stderr.split('\n')[0] ?? '')?.[1];
  };

  it('is looked for as it is deployed if nothing says otherwise', async () => {
    expect(await lookedFor({})).toBe('inbound-sms-dev in ap-southeast-2');
  });

  it('is looked for by the stage of the environment, unless one is given', async () => {
    const env = { INBOUND_SMS_STAGE: 'uat' };
    expect(await lookedFor(env)).toBe('inbound-sms-uat in ap-southeast-2');
    expect(await lookedFor(env, '--stage', 'prod')).toBe('inbound-sms-prod in ap-southeast-2');
  });

  it('is looked for in the region of the option, else of the environment', async () => {
    const fallback = { AWS_DEFAULT_REGION: 'eu-west-1' };
    expect(await lookedFor(fallback)).toBe('inbound-sms-dev in eu-west-1');
    const both = { ...fallback, AWS_REGION: 'eu-west-2' };
    expect(await lookedFor(both)).toBe('inbound-sms-dev in eu-west-2');
    const given = ['--region', 'eu-west-3', '--stack', 'ours'];
    expect(await lookedFor(both, ...given)).toBe('ours in eu-west-3');
  });
});

describe('without a local stack', () => {
  it('nothing answers: 3', async () => {
    const server = createServer();
    const url = `http://localhost:${await listen(server)}`;
    await hangUp(server);
    expect(await runCli(['list', '--local', url])).toEqual({
      code: 3,
      stdout: '',
      stderr: `error: No local stack answers at ${url}: nothing listens at 127.0.0.1:${new URL(url).port} (ECONNREFUSED)\nStart one with \`npm start\`, or give --local its URL.\n`,
    });
  });

  it.each(['not JSON', '{}', 'null'])('something else answers (%s): 3', async (body) => {
    const url = await serve((_, response) => void response.end(body));
    expect(await runCli(['list', '--local', url])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`error: The server at ${url} is not a local stack.\n`),
    });
  });
});

describe('a command that is stopped', () => {
  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s while it waits for AWS ends with %d', async (signal, code) => {
    const asked = vi.fn();
    const AWS_ENDPOINT_URL = await serve(() => asked());
    const running = await startCli(['list', '--stage', 'prod'], {
      env: { ...CREDENTIALS, AWS_ENDPOINT_URL },
    });
    await vi.waitFor(() => expect(asked).toHaveBeenCalled(), 10_000);
    running.child.kill(signal);
    expect(await running.result).toEqual({ code, stdout: '', stderr: '' });
  });

  it('by a reader that has read enough ends with 0', async () => {
    const running = await startCli(['list', '--help']);
    running.child.stdout?.destroy();
    expect(await running.result).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

it('an unexpected error is called a bug', async () => {
  const url = await serve((_, response) => {
    response.end(JSON.stringify({ endpoints: {}, outputs: null }));
  });
  const { code, stderr } = await runCli(['list', '--local', url]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: This is a bug in inbound-sms\.\nTypeError: /);
});
