/**
 * Stands in for a tunnel program. It prints what the real one prints, and leads connections of the public edge
 * of public-edge.ts to the port that it was given.
 */
import { request } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';

const { STAND_IN_CONTROL = '', STAND_IN_HOST = '', STAND_IN_OBEYS = 'yes' } = process.env;
const [name = '', ...args] = process.argv.slice(2);
const port = Number(/(\d+)\/?$/.exec(args.find((arg) => /:\d+\/?$/.test(arg)) ?? '')?.[1]);
const url = `https://${STAND_IN_HOST}`;

/** https://github.com/cloudflare/cloudflared/blob/master/cmd/cloudflared/tunnel/quick_tunnel.go */
function cloudflared(): void {
  const log = (level: string, text: string) =>
    process.stderr.write(`${new Date().toISOString().slice(0, 19)}Z ${level} ${text}\n`);
  const box = [
    'Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):',
    url,
  ];
  log('ERR', 'Configuration file /dev/null was empty');
  log(
    'INF',
    'Thank you for trying Cloudflare Tunnel. Doing so, without a Cloudflare account, is a quick way to experiment and try it out. However, be aware that these account-less Tunnels have no uptime guarantee, are subject to the Cloudflare Online Services Terms of Use (https://www.cloudflare.com/website-terms/), and Cloudflare reserves the right to investigate your use of Tunnels for violations of such terms. If you intend to use Tunnels in production you should use a pre-created named tunnel by following: https://developers.cloudflare.com/cloudflare-one/connections/connect-apps',
  );
  log('INF', 'Requesting new quick Tunnel on trycloudflare.com...');
  log('INF', `+${'-'.repeat(92)}+`);
  for (const line of box) log('INF', `|  ${line.padEnd(88)}  |`);
  log('INF', `+${'-'.repeat(92)}+`);
  log('INF', 'Version 2026.9.3 (Checksum 0a1b2c)');
  log('INF', `Settings: map[ha-connections:1 no-autoupdate:true protocol:quic url:${args.at(-1)}]`);
  log(
    'INF',
    'Registered tunnel connection connIndex=0 connection=b7ebd606-8da5-4273-af3d-472ec741887c event=0 ip=198.41.200.13 location=syd05 protocol=quic',
  );
}

function ngrok(): void {
  const log = (fields: object) =>
    process.stdout.write(`${JSON.stringify({ lvl: 'info', t: new Date(), ...fields })}\n`);
  log({ msg: 'open config file', path: '/home/you/.config/ngrok/ngrok.yml' });
  log({ msg: 'starting web service', obj: 'web', addr: '127.0.0.1:4040', allow_hosts: null });
  log({ msg: 'update available', obj: 'updater', url: 'https://ngrok.com/download/new' });
  log({
    ...{ msg: 'started tunnel', obj: 'tunnels', name: 'command_line' },
    ...{ addr: `http://127.0.0.1:${port}`, url },
  });
}

/** Such as localhost.run, which names other addresses first. */
function foreign(): void {
  process.stdout.write(`Welcome! Follow us at https://social.example/tunnels or see https://admin.example.
\u001b[32m${STAND_IN_HOST} tunneled with tls termination, ${url}\u001b[0m
`);
}

const tunnel = createServer((incoming) => {
  const outgoing = connect(port, '127.0.0.1');
  incoming.pipe(outgoing).pipe(incoming);
  for (const socket of [incoming, outgoing]) {
    socket.on('error', () => {
      incoming.destroy();
      outgoing.destroy();
    });
  }
});
tunnel.listen(0, '127.0.0.1', () => {
  const { port: ownPort } = tunnel.address() as AddressInfo;
  const register = request(STAND_IN_CONTROL, { method: 'POST' }, () => {
    const print = new Map(Object.entries({ cloudflared, ngrok })).get(name) ?? foreign;
    print();
  });
  register.end(JSON.stringify({ port: ownPort, pid: process.pid, argv: [name, ...args] }));
});

// Ctrl-C and kill do not impress all programs.
if (STAND_IN_OBEYS === 'no')
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => {});
