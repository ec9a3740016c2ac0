/** `npm start`: runs the whole service on this machine until Ctrl-C. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeptPackages } from './kept-packages.ts';
import { type LocalSettings, readLocalSettings } from './local-settings.ts';
import { CACHE_FOLDER } from './package-inputs.ts';
import { packaged } from './package-service.ts';
import {
  HELP,
  leaveUsersSettings,
  readSettings,
  type Settings,
  StartError,
  variableOf,
} from './settings.ts';
import type { LocalStack } from './stack.ts';
import { tunnelProgram } from './tunnel/programs.ts';
import { tunnelTokens } from './tunnel/tokens.ts';

/** Enough for the emulators to close their databases. Then the process ends in any case. */
const CLOSING_LIMIT_MS = 5_000;

const stopping = new AbortController();
// More than once, because npm passes Ctrl-C on to a process that already got it from the terminal.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.abort());

try {
  const environment = { ...process.env };
  const settings = readSettings(process.argv.slice(2), environment);
  leaveUsersSettings(process.env);
  if (settings.help) console.log(HELP);
  else await run(settings, environment);
} catch (error) {
  console.error(error instanceof StartError ? error.message : error);
  process.exitCode = 1;
}

/** @param environment The user's own, for the user's own programs. */
async function run(settings: Settings, environment: NodeJS.ProcessEnv): Promise<void> {
  const { verbose, ports, dataDir, tokens, edgeSecrets } = settings;
  const { signal } = stopping;
  const directory = process.cwd();
  const tunnel = settings.tunnel && {
    program: tunnelProgram(settings.tunnel.command, environment),
    tokens: tunnelTokens(environment.WEBHOOK_TOKENS),
    environment,
  };
  const local = readLocalSettings(directory);
  await using packaging = await beginPackaging(settings, local, signal);
  // The other modules load while the service is packaged.
  enableCompileCache(join(CACHE_FOLDER, 'compiled'));
  const [
    { PortForbiddenError, PortInUseError },
    { startLocalStack },
    { emailText, logText, notificationText, readyText },
    { MISDIRECTED, tunnelText },
  ] = await Promise.all([
    import('./listen.ts'),
    import('./stack.ts'),
    import('./terminal.ts'),
    import('./tunnel/tunnel-text.ts'),
  ]);
  try {
    const stack = await startLocalStack({
      ports,
      dataDir,
      packageDir: packaging.directory,
      tokens,
      edgeSecrets,
      console: settings.console,
      debug: settings.debug,
      tunnel: tunnel && {
        ...tunnel,
        onStatus: (status, lastLines) => console.log(tunnelText(status, lastLines)),
        onMisdirected: () => console.log(MISDIRECTED),
      },
      country: local.country,
      // A deploy reads its stage's file in the same way.
      secretFiles: ['.env.local', '.env'].map((name) => join(directory, name)),
      signal,
      onNotification: (notification) =>
        console.log(notificationText(notification, { width: process.stdout.columns })),
      onEmail: (email) => console.log(emailText(email, { width: process.stdout.columns })),
      onFunctionLog: (key, line) => {
        const text = logText(key, line, { verbose, width: process.stdout.columns });
        if (text) console.log(text);
      },
    });
    console.log(readyText(stack, missingSecrets(stack), local.otherStages));
    if (!signal.aborted) await once(signal, 'abort');
    setTimeout(() => process.exit(1), CLOSING_LIMIT_MS).unref();
    await stack.close();
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof PortInUseError) {
      const { port } = error;
      throw new StartError(
        `Port ${port} is in use: stop what uses it, or set ${variableOf(port, ports)} to another port.`,
      );
    }
    if (error instanceof PortForbiddenError) {
      const { message, port } = error;
      throw new StartError(`${message}: set ${variableOf(port, ports)} to 1024 or more.`);
    }
    throw error;
  }
}

/** @throws {StartError} If the file with the secrets cannot be read. */
function missingSecrets({ secrets }: LocalStack): string[] {
  try {
    return secrets.missing();
  } catch (error) {
    throw new StartError((error as Error).message);
  }
}

/** Starts the slowest part first. Disposing cancels it. */
async function beginPackaging(settings: Settings, { text }: LocalSettings, signal: AbortSignal) {
  await using begun = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'inbound-sms-package-')).catch((error: Error) => {
    throw new StartError(
      `The folder for temporary files cannot be used. Set TMPDIR to another: ${error.message}`,
    );
  });
  begun.defer(() => rm(folder, { recursive: true, force: true }));
  const kept = new KeptPackages(join(CACHE_FOLDER, 'packages'));
  const options = {
    ...settings,
    settings: text,
    directory: join(folder, 'package'),
    kept,
    signal,
    onNew: () => console.log('Packaging the service ...'),
  };
  const { directory } = begun.use(packaged(options));
  const all = begun.move();
  return { directory, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
