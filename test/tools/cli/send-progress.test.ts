import { createServer, type RequestListener } from 'node:http';
import { stripVTControlCharacters } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { main } from '../../../tools/cli/main.ts';
import { Interruption } from '../../../tools/cli/runtime.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { fakeTerminal } from './fake-terminal.ts';

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  const port = await listen(server);
  onTestFinished(() => hangUp(server));
  return `http://localhost:${port}/sms/token`;
}

/** Sends on a terminal. */
async function send(url: string, args: readonly string[], columns?: number) {
  const { runtime, read, readErrors } = fakeTerminal({}, columns);
  const stopping = new AbortController();
  const running = main(['send', '--url', url, '--attempts', '1', ...args], {
    ...runtime,
    signal: stopping.signal,
  });
  return { running, stop: () => stopping.abort(new Interruption(130)), read, readErrors };
}

const rowsOf = (stdout: string) =>
  stripVTControlCharacters(stdout)
    .split('\n')
    .filter((line) => / (200|503) /.test(line));

it('many messages are a bar that says how many of how many, and no row each', async () => {
  const url = await serve((_, response) => void response.end('ok'));
  const { running, read, readErrors } = await send(url, ['--count', '30']);
  expect(await running).toBe(0);
  expect(rowsOf(read())).toEqual([]);
  const errors = readErrors();
  expect(errors).toMatch(/Sending [█░]+ +\d+% \d+ of 30 sent/);
  expect(errors).toMatch(/30 of 30 delivered\.\n$/);
});

it('a narrow terminal shows the whole count', async () => {
  const url = await serve((_, response) => void response.end('ok'));
  const { running, readErrors } = await send(url, ['--count', '40', '--concurrency', '10'], 40);
  expect(await running).toBe(0);
  expect(readErrors()).toMatch(/\r\x1b\[KSending \d+% \d+ of 40 sent\r/);
});

it('failed messages have a row', async () => {
  let requests = 0;
  const url = await serve((_, response) => {
    response.writeHead(++requests % 10 === 0 ? 503 : 200).end('x');
  });
  const { running, read, readErrors } = await send(url, ['--count', '30']);
  expect(await running).toBe(1);
  expect(rowsOf(read())).toHaveLength(3);
  expect(readErrors()).toContain('27 of 30 delivered.');
});

it('few messages have a row each', async () => {
  const url = await serve((_, response) => void response.end('ok'));
  const { running, read } = await send(url, ['--count', '3']);
  expect(await running).toBe(0);
  expect(rowsOf(read())).toHaveLength(3);
});

it('says after a stop how many messages were not sent', async () => {
  let requests = 0;
  let stop = () => {};
  const url = await serve((_, response) => {
    // The fourth stays under way.
    if (++requests === 4) stop();
    else response.end('ok');
  });
  const sending = await send(url, ['--count', '400']);
  stop = sending.stop;
  expect(await sending.running).toBe(130);
  expect(sending.readErrors()).toContain('Stopped: 3 of 400 delivered, 1 uncertain, 396 not sent.');
});
