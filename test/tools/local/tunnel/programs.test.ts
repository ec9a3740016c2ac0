import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { publicOrigins, tunnelProgram } from '../../../../tools/local/tunnel/programs.ts';
import { temporaryDir } from '../temporary-dir.ts';

describe('a line of a tunnel program', () => {
  test.each([
    [
      'the box of cloudflared',
      '2026-11-27T02:32:21Z INF |  https://gentle-river-words-here.trycloudflare.com                    |',
      ['https://gentle-river-words-here.trycloudflare.com'],
    ],
    [
      'JSON of ngrok',
      '{"addr":"http://127.0.0.1:4142","lvl":"info","msg":"started tunnel","name":"command_line","obj":"tunnels","t":"2026-11-27T02:40:01Z","url":"https://ab12-203-0-113-7.ngrok-free.app"}',
      ['https://ab12-203-0-113-7.ngrok-free.app'],
    ],
    [
      'logfmt of ngrok',
      't=2026-11-27T02:40:01+0000 lvl=info msg="started tunnel" obj=tunnels name=command_line addr=http://localhost:4142 url=https://ab12.ngrok-free.app',
      ['https://ab12.ngrok-free.app'],
    ],
    [
      'localtunnel',
      'your url is: https://sweet-lion-42.loca.lt',
      ['https://sweet-lion-42.loca.lt'],
    ],
    ['Tailscale Funnel', 'https://laptop.tail1234.ts.net/', ['https://laptop.tail1234.ts.net']],
    [
      'colours, a port and a full stop',
      '\u001b[32mForwarding from https://a.example:8443.\u001b[0m',
      ['https://a.example:8443'],
    ],
    [
      'two of them',
      'https://a.example, https://b.example',
      ['https://a.example', 'https://b.example'],
    ],
    ['one twice', 'https://a.example https://a.example/', ['https://a.example']],
  ])('names the public URL: %s', (_, line, origins) => {
    expect(publicOrigins(line)).toEqual(origins);
  });

  test.each([
    'Terms of Use (https://www.cloudflare.com/website-terms/), and Cloudflare reserves the right',
    'by following: https://developers.cloudflare.com/cloudflare-one/connections/connect-apps',
    'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp: no such host',
    'ERROR:  Sign up for an account: https://dashboard.ngrok.com/signup',
    '{"lvl":"info","msg":"update available","url":"https://ngrok.com/download?from=agent"}',
    'Settings: map[ha-connections:1 url:http://127.0.0.1:4142]',
    'https://localhost:8443 https://127.0.0.1:8443 https://[::1]:8443 https://10.0.0.1 https://nas.local',
    'http://a.example',
    'https://user:password@a.example',
    'https://',
  ])('names none: %s', (line) => {
    expect(publicOrigins(line)).toEqual([]);
  });
});

describe('without a command', () => {
  async function pathWith(...names: string[]): Promise<string> {
    const folder = await temporaryDir();
    for (const name of names) {
      await writeFile(join(folder, name), '');
      await chmod(join(folder, name), 0o755);
    }
    return folder;
  }

  test('cloudflared runs before ngrok, wherever on the PATH it is', async () => {
    const PATH = `${await pathWith('ngrok')}:/no/such:${await pathWith('cloudflared')}`;
    const program = tunnelProgram(undefined, { PATH });
    expect(program.name).toBe('cloudflared');
    expect(program.argv(4142)).toEqual([
      ...['cloudflared', 'tunnel', '--no-autoupdate', '--config', '/dev/null'],
      ...['--url', 'http://127.0.0.1:4142'],
    ]);
  });

  test('ngrok runs if there is no cloudflared', async () => {
    const folder = await pathWith('ngrok');
    await writeFile(join(folder, 'cloudflared'), 'not executable');
    const other = await temporaryDir();
    await mkdir(join(other, 'cloudflared'));
    const program = tunnelProgram(undefined, { PATH: `${folder}:${other}` });
    expect(program.argv(4142)).toEqual([
      ...['ngrok', 'http', '127.0.0.1:4142', '--log', 'stdout', '--log-format', 'json'],
    ]);
  });

  test('both are named if there is neither', () => {
    for (const PATH of [undefined, '', '/no/such']) {
      expect(() => tunnelProgram(undefined, { PATH })).toThrow(
        /^--tunnel needs cloudflared or ngrok.*\n.*developers\.cloudflare\.com.*\n.*ngrok\.com\/download/,
      );
    }
  });
});

test('a command is for the shell, with the port or the URL in it', () => {
  const program = tunnelProgram('ssh -R 80:127.0.0.1:{port} x # {url} {port}', {});
  expect(program.name).toBe('ssh');
  expect(program.argv(4142)).toEqual([
    ...['/bin/sh', '-c', 'ssh -R 80:127.0.0.1:4142 x # http://127.0.0.1:4142 4142'],
  ]);
  expect(() => tunnelProgram('ngrok http 80', {})).toThrow(
    "--tunnel 'ngrok http 80' must say where the tunnel leads: write {port} or {url} in it.",
  );
});
