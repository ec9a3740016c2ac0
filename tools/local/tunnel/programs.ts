import { accessSync, constants, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { devNull } from 'node:os';
import { delimiter, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { StartError } from '../settings.ts';

/** A program of the user's own that leads requests from a public URL to this machine. */
export interface TunnelProgram {
  /** For people. */
  readonly name: string;
  /** What to run. @param port The one of 127.0.0.1 that the tunnel leads to. */
  argv(port: number): readonly string[];
}

/** Those that need no command, the preferred one first. */
const KNOWN = [
  {
    name: 'cloudflared',
    where:
      'https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/downloads/',
    account: 'needs no account',
    // An update would restart it with another URL. The user's own configuration may be of another tunnel.
    argv: (port: number) => [
      ...['cloudflared', 'tunnel', '--no-autoupdate', '--config', devNull],
      ...['--url', urlAt(port)],
    ],
  },
  {
    name: 'ngrok',
    where: 'https://ngrok.com/download',
    account: 'needs a free account',
    argv: (port: number) => [
      ...['ngrok', 'http', `127.0.0.1:${port}`],
      ...['--log', 'stdout', '--log-format', 'json'],
    ],
  },
] as const;

/**
 * The program that `--tunnel` means.
 *
 * @param command What the user gave; without it, the first known program on the PATH.
 * @throws {StartError} Says what to install, or what the command lacks.
 */
export function tunnelProgram(
  command: string | undefined,
  environment: NodeJS.ProcessEnv,
): TunnelProgram {
  if (command !== undefined) return commandProgram(command);
  const found = KNOWN.find(({ name }) => isOnPath(name, environment.PATH));
  if (found) return found;
  const nameWidth = Math.max(...KNOWN.map(({ name }) => name.length));
  const lines = KNOWN.map(
    ({ name, where, account }) => `  ${name.padEnd(nameWidth)}  ${where} (${account})`,
  );
  throw new StartError(`--tunnel needs cloudflared or ngrok, and neither is on your PATH. Install one of them:
${lines.join('\n')}
Or give the command of another program: npm start -- --tunnel 'COMMAND {port}'`);
}

/** A command for the shell. It has to print the public URL. */
function commandProgram(command: string): TunnelProgram {
  if (!/\{(port|url)\}/.test(command)) {
    throw new StartError(
      `--tunnel '${command}' must say where the tunnel leads: write {port} or {url} in it. {url} stands for http://127.0.0.1:{port}`,
    );
  }
  return {
    name: command.trim().split(/\s/)[0] ?? command,
    argv: (port) => [
      ...['/bin/sh', '-c'],
      command.replaceAll('{url}', urlAt(port)).replaceAll('{port}', String(port)),
    ],
  };
}

function isOnPath(name: string, path = ''): boolean {
  return path.split(delimiter).some((folder) => {
    const file = join(folder || '.', name);
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
}

function urlAt(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/**
 * Public origins that a line of a tunnel program names. A link to a document has a path, so it is none.
 *
 * cloudflared prints a box around the URL. ngrok logs it as JSON (`"url":"https://..."`) or as `url=https://...`.
 */
export function publicOrigins(line: string): string[] {
  const found = stripVTControlCharacters(line).match(/\bhttps:\/\/[^\s"'`<>|,;()[\]{}\\]+/g) ?? [];
  const origins = found.flatMap((text) => {
    const url = URL.parse(text.replace(/[.:]+$/, ''));
    const isOrigin = url && `${url.origin}/` === url.href;
    return isOrigin && isPublicName(url.hostname) ? [url.origin] : [];
  });
  return [...new Set(origins)];
}

function isPublicName(host: string): boolean {
  const isAddress = isIP(host.replace(/^\[|\]$/g, '')) !== 0;
  return !isAddress && host.includes('.') && !/\.(localhost|local|internal|lan)\.?$/.test(host);
}
