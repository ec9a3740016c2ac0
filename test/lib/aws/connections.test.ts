import { once } from 'node:events';
import { Agent, createServer as createHttpServer, get } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Connections } from '../../../lib/aws/connections.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';

const never = new AbortController().signal;

/** An agent's connections, all sockets that it opens, and their destination. */
async function connected() {
  const server = createServer((socket) => {
    onTestFinished(() => void socket.destroy());
    socket.write('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const agent = new Agent();
  const opened: Socket[] = [];
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (...parts) => {
    const socket = create(...parts) as Socket;
    opened.push(socket);
    return socket;
  };
  const connections = new Connections(agent);
  const { port } = server.address() as AddressInfo;
  return { agent, connections, opened, options: { host: '127.0.0.1', port } };
}

it('does not use a connection on which the service sent data unasked', async () => {
  const { agent, connections, opened, options } = await connected();
  await connections.openAhead(options, never);
  await vi.waitUntil(() => opened[0]?.readableLength);
  const socket = agent.createConnection(options);
  onTestFinished(() => void socket?.destroy());
  expect(socket).toBe(opened[1]);
  expect(opened[0]?.destroyed).toBe(true);
});

it('an agent that passes connections only to the callback works, but opens none ahead', async () => {
  const server = createHttpServer((_, response) => response.end('answered'));
  const port = await listen(server);
  onTestFinished(() => hangUp(server));
  const agent = new Agent();
  const given: Socket[] = [];
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = create(options) as Socket;
    given.push(socket);
    setImmediate(() => callback?.(null, socket));
    return undefined;
  };
  const connections = new Connections(agent);
  await connections.openAhead({ host: '127.0.0.1', port }, never);
  await vi.waitUntil(() => given[0]?.destroyed);
  const [response] = await once(get({ agent, host: '127.0.0.1', port }), 'response');
  expect(await text(response)).toBe('answered');
  expect(given).toHaveLength(2);
});
