/** Runs a bundled function as a Lambda sandbox does: stopped from the moment its handler settles. */
import { subscribe } from 'node:diagnostics_channel';
import { pathToFileURL } from 'node:url';
import type { SandboxInvocation, SandboxReport } from './sandbox.ts';

const [file = '', exportName = ''] = process.argv.slice(2);
process.on('disconnect', () => process.exit());

let requests = 0;
subscribe('http.client.request.start', () => requests++);
subscribe('http.client.request.error', () => requests--);
subscribe('http.client.response.finish', () => requests--);

const handler = (await import(pathToFileURL(file).href))[exportName];

process.on('message', async ({ event, remainingMs }: SandboxInvocation) => {
  const deadline = Date.now() + remainingMs;
  const context = { getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) };
  const outcome = await handler(event, context).then(
    (result: unknown) => ({ result }),
    (error: Error) => ({ error: error.name }),
  );
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const report: SandboxReport = { ...outcome, underWay: { requests, timers } };
  process.send?.(report);
  process.kill(process.pid, 'SIGSTOP');
});
process.send?.('ready');
