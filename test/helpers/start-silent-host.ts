import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** A host that accepts no connection, and whose queue of connections is full. */
export async function startSilentHost(): Promise<string> {
  const host = fork(new URL('silent-host.ts', import.meta.url), { execArgv: [] });
  onTestFinished(() => void host.kill('SIGKILL'));
  const [port] = (await once(host, 'message')) as [number];
  host.kill('SIGSTOP');
  for (let isFull = false; !isFull; ) {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    isFull = await Promise.race([
      once(socket, 'connect').then(() => false),
      delay(300).then(() => true),
    ]);
  }
  return `http://127.0.0.1:${port}`;
}
