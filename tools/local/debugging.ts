import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { LOOPBACK } from '../console/server/access.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { hangUp, listen } from './listen.ts';
import { ROOT } from './package-inputs.ts';
import type { Route } from './routes.ts';
import type { DebugSettings } from './settings.ts';

/** Where a debugger attaches. */
export interface DebugTarget {
  readonly functionKey: string;
  /** `127.0.0.1:9229` */
  readonly address: string;
}

/** A process of Node listens for a debugger at once, before it runs anything. */
const START_LIMIT_MS = 10_000;
const POLL_MS = 20;
/** A function that stands at a breakpoint is not late. */
const NO_TIMEOUT_MS = 24 * 60 * 60_000;

/**
 * Gives each function a port for a debugger and the source map of its bundle, and takes its time-out away.
 * The code in the package is not changed: this is about the unpacked copy.
 *
 * @throws {PortInUseError | PortForbiddenError}
 */
export async function makeDebuggable(
  functions: readonly FunctionDefinition[],
  packageDir: string,
  { port, waits }: DebugSettings,
): Promise<{ definitions: FunctionDefinition[]; debugTargets: DebugTarget[] }> {
  const definitions: FunctionDefinition[] = [];
  const debugTargets: DebugTarget[] = [];
  for (const [index, fn] of functions.entries()) {
    const address = `${LOOPBACK}:${await freePort(port && port + index)}`;
    await linkSourceMap(fn.file, packageDir);
    // Where it listens is told by HTTP only: on stderr it would be in the function's log.
    const debugArgs = [
      `--inspect${waits ? '-brk' : ''}=${address}`,
      '--inspect-publish-uid=http',
      '--enable-source-maps',
    ];
    definitions.push({ ...fn, timeoutMs: NO_TIMEOUT_MS, debugArgs });
    debugTargets.push({ functionKey: fn.key, address });
  }
  return { definitions, debugTargets };
}

/** Waits until a debugger can attach, or the function has had the time to start. */
export async function untilListening({ address }: DebugTarget): Promise<void> {
  const timeout = AbortSignal.timeout(START_LIMIT_MS);
  while (!timeout.aborted) {
    const isThere = await fetch(`http://${address}/json/version`).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await delay(POLL_MS);
  }
}

/** Routes on which API Gateway waits as long as a function stands at a breakpoint. */
export function patient(routes: readonly Route[]): Route[] {
  return routes.map((route) => ({ ...route, timeoutMs: NO_TIMEOUT_MS }));
}

/** A process of Node goes on without its debugger if the port is in use. */
async function freePort(wanted: number): Promise<number> {
  const server = createServer();
  const port = await listen(server, wanted);
  await hangUp(server);
  return port;
}

/** Leads from the unpacked bundle to the sources of this project. A package of an older version has no map. */
async function linkSourceMap(file: string, packageDir: string): Promise<void> {
  const text = await readFile(join(packageDir, `${basename(file)}.map`), 'utf8').catch(() => '');
  if (!text) return;
  const map = JSON.parse(text) as { sources: string[] };
  map.sources = map.sources.map((source) =>
    source.includes(':') ? source : pathToFileURL(join(ROOT, source)).href,
  );
  await writeFile(`${file}.map`, JSON.stringify(map));
  await writeFile(file, `\n//# sourceMappingURL=${basename(file)}.map\n`, { flag: 'a' });
}
