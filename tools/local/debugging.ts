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
import { type DebugSettings, StartError } from './settings.ts';

/** The address for a debugger. */
export interface DebugTarget {
  readonly functionKey: string;
  /** `127.0.0.1:9229` */
  readonly address: string;
}

/** A Node process listens for a debugger before it runs anything, so this suffices. */
const START_LIMIT_MS = 10_000;
const POLL_MS = 20;
/** A function at a breakpoint must not time out. */
const NO_TIMEOUT_MS = 24 * 60 * 60_000;
const MAX_PORT = 65_535;

/**
 * Gives each function a debugger's port and the source map of its bundle, and removes its timeout. Changes
 * only the unpacked copy, not the package.
 *
 * @throws {StartError | PortInUseError | PortForbiddenError}
 */
export async function makeDebuggable(
  functions: readonly FunctionDefinition[],
  packageDir: string,
  { port, waits }: DebugSettings,
): Promise<{ definitions: FunctionDefinition[]; debugTargets: DebugTarget[] }> {
  const ports = await freePorts(functions.length, port);
  const definitions: FunctionDefinition[] = [];
  const debugTargets: DebugTarget[] = [];
  for (const [index, fn] of functions.entries()) {
    const address = `${LOOPBACK}:${ports[index]}`;
    await linkSourceMap(fn.file, packageDir);
    // Publishes the address by HTTP only. On stderr it would be in the function's log.
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

/** Waits until a debugger can attach, the time limit is over, or the start is cancelled. */
export async function untilListening(
  { address }: DebugTarget,
  signal: AbortSignal | undefined,
): Promise<void> {
  const timeout = AbortSignal.timeout(START_LIMIT_MS);
  while (!timeout.aborted && !signal?.aborted) {
    const isThere = await fetch(`http://${address}/json/version`).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await delay(POLL_MS);
  }
}

/** Routes on which API Gateway waits for a function at a breakpoint. */
export function patient(routes: readonly Route[]): Route[] {
  return routes.map((route) => ({ ...route, timeoutMs: NO_TIMEOUT_MS }));
}

/**
 * Finds free ports. A Node process runs on without its debugger if its port is in use.
 *
 * @param first The first port; the others follow it. With 0, each function gets any free port.
 */
async function freePorts(count: number, first: number): Promise<number[]> {
  const last = first + count - 1;
  if (last > MAX_PORT)
    throw new StartError(
      `--inspect needs the ports from ${first} to ${last}, and ${MAX_PORT} is the last one.`,
    );
  const servers = Array.from({ length: count }, () => createServer());
  try {
    const ports: number[] = [];
    for (const [index, server] of servers.entries()) {
      ports.push(await listen(server, first && first + index));
    }
    return ports;
  } finally {
    await Promise.all(servers.filter(({ listening }) => listening).map(hangUp));
  }
}

/**
 * Makes the map lead from the unpacked bundle to this project's sources. An older version's package has no
 * map.
 */
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
