import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { answering, list, serve } from './in-place-of-aws.ts';
import { runCli } from './run-cli.ts';

describe('a proxy', () => {
  /** Notes where it is asked to lead, and refuses that. */
  async function proxy() {
    const hosts: string[] = [];
    const server = createServer((request, response) => {
      hosts.push(`plain ${request.url}`);
      response.writeHead(200, { 'content-type': 'text/plain' }).end('from the proxy');
    });
    server.on('connect', ({ url = '' }, socket) => {
      hosts.push(url);
      socket.on('error', () => {});
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => hangUp(server));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, hosts };
  }

  const CLOUDFORMATION = 'cloudformation.ap-southeast-2.amazonaws.com:443';

  it('of HTTPS_PROXY leads to AWS', async () => {
    const { url, hosts } = await proxy();
    const told = await list({ HTTPS_PROXY: url });
    expect(hosts).toEqual([CLOUDFORMATION]);
    expect(told).toMatchObject({
      code: 1,
      message: expect.stringMatching(
        /^AWS cannot be reached: the proxy refuses: .+\(ERR_PROXY_TUNNEL\)$/,
      ),
      hint: expect.stringContaining('HTTPS_PROXY'),
    });
  });

  it('may be written without a scheme or in small letters, as for curl', async () => {
    const { url, hosts } = await proxy();
    await list({ https_proxy: url.replace('http://', '') });
    expect(hosts).toEqual([CLOUDFORMATION]);
  });

  it('leads to the service that gives credentials, too', async () => {
    const { url, hosts } = await proxy();
    const env = { HTTPS_PROXY: url, AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/r' };
    const AWS_WEB_IDENTITY_TOKEN_FILE = '/dev/null';
    await list({
      ...env,
      AWS_WEB_IDENTITY_TOKEN_FILE,
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
    });
    expect(hosts[0]).toMatch(/^sts\..*:443$/);
  });

  it('is left out for the hosts of NO_PROXY', async () => {
    const { url, hosts } = await proxy();
    const told = await list({
      HTTPS_PROXY: url,
      NO_PROXY: '.invalid',
      AWS_ENDPOINT_URL: 'https://aws.invalid',
    });
    expect(hosts).toEqual([]);
    expect(told.message).toContain('aws.invalid');
  });

  it('is left out for this machine', async () => {
    const { url, hosts } = await proxy();
    const AWS_ENDPOINT_URL = await serve(answering(200));
    const proxies = { HTTPS_PROXY: url, HTTP_PROXY: url };
    expect((await list({ ...proxies, AWS_ENDPOINT_URL })).message).toContain('no request id');
    const sent = ['send', '--url', AWS_ENDPOINT_URL, '--attempts', '1'];
    expect((await runCli(sent, { env: proxies })).stderr).toContain('1 of 1 delivered');
    expect(hosts).toEqual([]);
  });

  it('leads to a webhook that is elsewhere', async () => {
    const { url, hosts } = await proxy();
    const sent = ['send', '--url', 'https://pbx.invalid/sms/token', '--attempts', '1'];
    const { stdout } = await runCli(sent, { env: { HTTPS_PROXY: url } });
    expect(hosts).toEqual(['pbx.invalid:443']);
    expect(stdout).toMatch(/\bnone\b/);
  });

  it.each(['socks5://localhost:1', 'http://a b'])(
    'that is no HTTP proxy is refused: %s',
    async (url) => {
      expect(await list({ HTTPS_PROXY: url })).toMatchObject({
        code: 2,
        message: 'HTTPS_PROXY is not the URL of an HTTP proxy.',
      });
    },
  );

  it('that does not answer is named', async () => {
    const server = createServer();
    const port = await listen(server);
    await hangUp(server);
    expect(await list({ HTTPS_PROXY: `http://127.0.0.1:${port}` })).toMatchObject({
      message: `AWS cannot be reached: nothing listens at 127.0.0.1:${port} (ECONNREFUSED)`,
      hint: expect.stringContaining('HTTPS_PROXY'),
    });
  });
});
