import { setTimeout as delay } from 'node:timers/promises';
import type { TunnelStatus } from '../../console/stack-protocol.ts';
import type { Door } from './door.ts';
import { publicOrigins, type TunnelProgram } from './programs.ts';
import { untilNamed } from './public-name.ts';
import { runTunnelProgram } from './tunnel-process.ts';

/** How long a tunnel takes at most until somebody should look what is wrong. */
const LATE_AFTER_MS = 60_000;
/** Between two questions to a public URL. */
const RETRY_MS = 1_000;
const ANSWER_LIMIT_MS = 10_000;
/** Between two questions to a tunnel that is up, and how many without an answer mean that it is not. */
const WATCH_MS = 20_000;
const MISSES = 2;

export interface TunnelOptions {
  readonly program: TunnelProgram;
  /** The tokens of the webhook's URL, comma separated, the current one last: in place of the package's. */
  readonly tokens: string;
  /** Of the program. */
  readonly environment: NodeJS.ProcessEnv;
  /**
   * Told of each change.
   *
   * @param lastLines What the program has written last, without the tokens.
   */
  readonly onStatus: (status: TunnelStatus, lastLines: readonly string[]) => void;
  /** Told of each request that was posted to another path than that of the webhook. */
  readonly onMisdirected?: () => void;
  readonly lateAfterMs?: number;
  readonly watchMs?: number;
  /** Waits until a host may be looked up. */
  readonly untilNamed?: typeof untilNamed;
}

/**
 * Runs a tunnel program that leads to the door, and finds its public URL: the first of those that it prints
 * through which the door answers. The token goes to no URL before that. Disposed of, the program ends.
 *
 * @param webhookPath With the token.
 */
export function startTunnel(
  door: Door,
  webhookPath: string,
  options: TunnelOptions,
): AsyncDisposable {
  const { name: program } = options.program;
  const { lateAfterMs = LATE_AFTER_MS, watchMs = WATCH_MS } = options;
  const looking = new AbortController();
  const ended = new AbortController();
  const { signal } = looking;
  const seen = new Set<string>();
  let isLate = false;
  let isEnding = false;
  const running = runTunnelProgram(options.program.argv(door.port), options.environment, (line) => {
    for (const origin of publicOrigins(line)) {
      if (signal.aborted || seen.has(origin)) continue;
      seen.add(origin);
      if (seen.size === 1) tellWaiting();
      void follow(origin);
    }
  });

  function tell(status: TunnelStatus): void {
    const tokens = options.tokens.split(',').map((token) => token.trim());
    const lines = running.lastLines.map((line) =>
      tokens.reduce((text, token) => text.replaceAll(token, '…'), line),
    );
    options.onStatus(status, lines);
  }

  function tellWaiting(): void {
    const [origin] = seen;
    tell({ state: 'waiting', program, isLate, ...(origin !== undefined && { origin }) });
  }

  /** Asks until this origin leads to the door, or another one does, or the program ends. */
  async function follow(origin: string): Promise<void> {
    await (options.untilNamed ?? untilNamed)(new URL(origin).hostname, signal);
    while (!signal.aborted) {
      if ((await leadsHere(origin, door, signal)) && !signal.aborted) {
        looking.abort();
        tell({ state: 'up', program, webhookUrl: origin + webhookPath });
        return watch(origin);
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** A program may go on and its tunnel not, as after a change of the network. */
  async function watch(origin: string): Promise<void> {
    for (let misses = 0; ; ) {
      await delay(watchMs, undefined, { signal: ended.signal }).catch(() => {});
      const isUp = await leadsHere(origin, door, ended.signal);
      if (ended.signal.aborted) return;
      if (isUp && misses >= MISSES) {
        tell({ state: 'up', program, webhookUrl: origin + webhookPath });
      }
      misses = isUp ? 0 : misses + 1;
      if (misses === MISSES) tell({ state: 'waiting', program, isLate: true, origin, wasUp: true });
    }
  }

  const late = setTimeout(() => {
    isLate = true;
    if (!signal.aborted) tellWaiting();
  }, lateAfterMs);
  late.unref();
  tellWaiting();
  void running.ended.then((how) => {
    looking.abort();
    ended.abort();
    clearTimeout(late);
    if (!isEnding) tell({ state: 'down', program, reason: how });
  });
  return {
    async [Symbol.asyncDispose]() {
      isEnding = true;
      looking.abort();
      ended.abort();
      clearTimeout(late);
      await running[Symbol.asyncDispose]();
    },
  };
}

/** Whether a public origin leads to the door, and the door's answer back. */
async function leadsHere(origin: string, door: Door, ending: AbortSignal): Promise<boolean> {
  using challenge = door.challenge();
  const signal = AbortSignal.any([ending, AbortSignal.timeout(ANSWER_LIMIT_MS)]);
  try {
    const response = await fetch(origin + challenge.path, { redirect: 'manual', signal });
    if (response.status === 200) return (await response.json()) === challenge.answer;
    await response.body?.cancel();
    return false;
  } catch {
    return false;
  }
}
