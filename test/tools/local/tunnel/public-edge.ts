import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { createServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { openTlsIdentity } from '../../../../tools/bench/tls-identity.ts';
import { hangUp, listen } from '../../../../tools/local/listen.ts';
import { temporaryDir } from '../temporary-dir.ts';

const STAND_IN = fileURLToPath(new URL('stand-in.ts', import.meta.url));

/** What a stand-in said when it connected. */
interface Registered {
  readonly port: number;
  readonly pid: number;
  readonly argv: readonly string[];
}

/** The public side of a tunnel: https for one host name, as the provider of a tunnel has it. */
export interface PublicEdge {
  readonly host: string;
  /** Makes a process find the host here, trust its certificate, and stand-ins find the edge. */
  readonly environment: Readonly<Record<string, string>>;
  /** Those that connected, the last one last. Only that one gets connections. */
  readonly registered: readonly Registered[];
  /** Of each request that came in, whether it got through or not. */
  readonly targets: readonly string[];
  /** Posts a form from the internet. */
  post(path: string, form: Readonly<Record<string, string>>): Promise<Answer>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** A folder for the PATH in which these programs are stand-ins. */
  folderWith(...names: readonly string[]): Promise<string>;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Opens the public side for the time of a test. */
export async function openPublicEdge(host: string): Promise<PublicEdge> {
  const opened = new AsyncDisposableStack();
  onTestFinished(() => opened.disposeAsync());
  const identity = opened.use(await openTlsIdentity(host));
  const registered: Registered[] = [];
  const targets: string[] = [];

  const control = createHttpServer(async (incoming, response) => {
    registered.push((await json(incoming)) as Registered);
    response.end();
  });
  const controlPort = await listen(control);
  opened.defer(() => hangUp(control));

  const sockets = new Set<{ destroy(): void }>();
  const server = createServer({ key: identity.key, cert: identity.cert }, (incoming) => {
    incoming.on('error', () => {});
    sockets.add(incoming);
    incoming.once('data', (first: Buffer) => {
      targets.push(/^\S+ (\S+)/.exec(first.toString('latin1'))?.[1] ?? '');
      const { port } = registered.at(-1) ?? {};
      const outgoing = connect(port ?? 0, '127.0.0.1');
      outgoing.on('error', () => incoming.destroy());
      outgoing.write(first);
      incoming.pipe(outgoing).pipe(incoming);
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  opened.defer(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });

  const ca = await readFile(identity.caFile);
  const reach = { host: '127.0.0.1', port, servername: host, ca, agent: false } as const;
  async function ask(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = request({ ...reach, method, path, headers: { host, ...headers } }, resolve);
    outgoing.on('error', reject).end(body);
    const response = await promise;
    return { status: response.statusCode ?? 0, body: await text(response) };
  }

  return {
    host,
    registered,
    targets,
    environment: {
      NODE_EXTRA_CA_CERTS: identity.caFile,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(leadTo(host, port))}`,
      STAND_IN_CONTROL: `http://127.0.0.1:${controlPort}`,
      STAND_IN_HOST: host,
    },
    post(path, form) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return ask('POST', path, headers, String(new URLSearchParams(form)));
    },
    get: (path, headers = {}) => ask('GET', path, headers),
    async folderWith(...names) {
      const folder = await temporaryDir();
      for (const name of names) {
        const file = join(folder, name);
        await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${STAND_IN}' ${name} "$@"\n`);
        await chmod(file, 0o755);
      }
      return folder;
    },
  };
}

/** For a process: the host is here, and its zone has a name server that knows it. */
function leadTo(host: string, port: number): string {
  return `
    import dns from 'node:dns/promises';
    import net from 'node:net';
    import { syncBuiltinESMExports } from 'node:module';
    dns.resolveNs = async () => ['ns.example'];
    dns.Resolver.prototype.resolve4 = async () => ['127.0.0.1'];
    dns.Resolver.prototype.resolve6 = async () => ['::1'];
    syncBuiltinESMExports();
    const { connect } = net.Socket.prototype;
    net.Socket.prototype.connect = function (...args) {
      const options = Array.isArray(args[0]) ? args[0][0] : args[0];
      if (options?.host === ${JSON.stringify(host)}) Object.assign(options, { host: '127.0.0.1', port: ${port} });
      return connect.apply(this, args);
    };
  `;
}
