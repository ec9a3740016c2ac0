/**
 * Loaded into a process before its own script: says on descriptor 3 how much memory was in use at most,
 * in MB. What the process takes of the machine says little: most of it is garbage not collected yet. So it
 * needs `--expose-gc`, and the collecting takes time.
 */
import { writeSync } from 'node:fs';
import { memoryUsage } from 'node:process';

const COLLECT_MS = 200;
const MB = 1024 * 1024;

let most = 0;

function look(): void {
  globalThis.gc?.();
  const { heapUsed, external } = memoryUsage();
  most = Math.max(most, heapUsed + external);
}

setInterval(look, COLLECT_MS).unref();
process.on('exit', () => {
  look();
  writeSync(3, String(most / MB));
});
