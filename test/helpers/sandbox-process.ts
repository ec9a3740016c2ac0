/** Runs a bundled function as a Lambda sandbox does. It is stopped when its handler settles. */
import { subscribe } from 'node:diagnostics_channel';
import { pathToFileURL } from 'node:url';
import type { SandboxInvocation, SandboxReport } from './sandbox.ts';

const [file = '', exportName = ''] = process.argv.slice(2);
process.on('disconnect', () => process.exit());

// The objects themselves, because one request can report both an error and a response.
const requests = new Set<unknown>();
const requestOf = (message: unknown) => (message as { request: unknown }).request;
subscribe('http.client.request.start', (message) => requests.add(requestOf(message)));
subscribe('http.client.request.error', (message) => requests.delete(requestOf(message)));
subscribe('http.client.response.finish', (message) => requests.delete(requestOf(message)));

const handler = (await import(pathToFileURL(file).href))[exportName];

process.on('message', async ({ event, remainingMs }: SandboxInvocation) => {
  const deadline = Date.now() + remainingMs;
  const context = { getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) };
  const outcome = await handler(event, context).then(
    (result: unknown) => ({ result }),
    (error: Error) => ({ error: error.name }),
  );
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const report: SandboxReport = { ...outcome, underWay: { requests: requests.size, timers } };
  process.send?.(report);
  process.kill(process.pid, 'SIGSTOP');
});
process.send?.('ready');
