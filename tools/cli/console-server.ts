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

/** How often a stack is asked for news while somebody looks. Each costs 16 small queries. */
const POLL_MS = 3_000;

interface ConsoleServerOptions {
  /** 0 for any that is free. */
  readonly port: number;
  readonly allowReplay: boolean;
  readonly format: MessageFormat;
  readonly signal: AbortSignal;
}

/**
 * Serves the console of a stack until it is disposed of. Its URL begins the session, once: the first
 * browser that opens it may look.
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
    // Whatever stack it is, nothing but what every stack can do: see tools/console/protocol.ts.
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

/** Out of the webhook's log, which goes with the stack. */
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
