/**
 * Loaded into a process before its own script: says on descriptor 3 how much memory it needed, in MB.
 * With `--expose-gc` also what of it was in use at most, which takes time to find out.
 */
import { writeSync } from 'node:fs';
import { memoryUsage, resourceUsage } from 'node:process';

const COLLECT_MS = 200;
const MB = 1024 * 1024;

let live = 0;

function collect(): void {
  globalThis.gc?.();
  const { heapUsed, external } = memoryUsage();
  live = Math.max(live, heapUsed + external);
}

if (globalThis.gc) setInterval(collect, COLLECT_MS).unref();
process.on('exit', () => {
  if (globalThis.gc) collect();
  writeSync(3, JSON.stringify({ resident: resourceUsage().maxRSS / 1024, live: live / MB }));
});
