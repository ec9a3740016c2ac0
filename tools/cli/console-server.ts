import { type MessageFormat, notificationsIn } from '../../lib/messages/notification.ts';
import { ConsoleSession } from '../console/server/access.ts';
import { createArchiveSource } from '../console/server/archive-source.ts';
import { AttemptMemory, type Attempts } from '../console/server/attempts.ts';
import { buildPage } from '../console/server/build-page.ts';
import { LogAttempts } from '../console/server/log-attempts.ts';
import { createConsoleSite, serveConsole } from '../console/server/site.ts';
import { setupOf } from '../console/server/stack-setup.ts';
import { reportOnStderr } from '../console/server/watching.ts';
import { SESSION_FRAGMENT } from '../console/stack-protocol.ts';
import { addresseesIn } from './addressees.ts';
import type { Stack } from './stack.ts';

/** The time between two polls while a page is open. Each poll makes 16 small queries. */
const POLL_MS = 3_000;

interface ConsoleServerOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly allowReplay: boolean;
  readonly format: MessageFormat;
  readonly signal: AbortSignal;
}

/**
 * Serves the console of a stack until it is disposed of. Its URL begins the session, once: only the first browser that
 * opens it gets in.
 *
 * @throws {Error} Node's own, if the port cannot be had.
 */
export async function startConsole(
  stack: Stack,
  { port, allowReplay, format, signal }: ConsoleServerOptions,
) {
  const { name, region, country } = stack;
  const selector = stack.selector.join(' ');
  const [page, attempts, archive, quarantine, subscribers] = await Promise.all([
    buildPage(),
    attemptsOf(stack, signal),
    stack.archive(),
    stack.quarantine(),
    addresseesIn(stack, signal, format),
  ]);
  const source = createArchiveSource({
    // Also for the local stack, only what every stack can do: see tools/console/protocol.ts.
    info: { name, region, country, isLocal: false, messageFormat: format, selector },
    setup: setupOf(stack.outputs),
    archive,
    quarantine,
    toNotification: notificationsIn(format),
    attempts,
    subscribers,
    pollMs: POLL_MS,
    replayTopic: allowReplay ? await stack.topic() : undefined,
  });
  const session = new ConsoleSession();
  const site = createConsoleSite({ source, page, access: { kind: 'session', session } });
  const served = await serveConsole(site, port);
  return { ...served, url: `${served.url}/${SESSION_FRAGMENT}${session.code}` };
}

/** The attempts in the webhook's log. A table without its stack has none. */
async function attemptsOf(stack: Stack, signal: AbortSignal): Promise<Attempts> {
  if (stack.isTableOnly) return new AttemptMemory({ maxAgeMs: 0 });
  return new LogAttempts({
    client: await stack.clients.logs(),
    logGroup: await stack.logGroup(),
    pollMs: POLL_MS,
    signal,
    reportFailure: reportOnStderr,
  });
}
