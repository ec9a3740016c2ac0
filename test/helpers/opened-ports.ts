import { type AddressInfo, Server } from 'node:net';
import { vi } from 'vitest';

/** Starts something, and finds every port that any code in this process opens for it. */
export async function openedPorts<Started>(
  start: () => Promise<Started>,
): Promise<{ readonly started: Started; readonly ports: readonly number[] }> {
  const opened = vi.spyOn(Server.prototype, 'listen');
  try {
    const started = await start();
    const servers = opened.mock.contexts as Server[];
    return { started, ports: servers.map((server) => (server.address() as AddressInfo).port) };
  } finally {
    opened.mockRestore();
  }
}
