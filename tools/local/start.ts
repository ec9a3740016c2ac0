/** `npm start`: the whole service on this machine, until Ctrl-C. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countryOf, LOCAL_STAGE, readSettingsFile } from '../../infra/plugin/settings.js';
import { KeptPackages } from './kept-packages.ts';
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

/** Long enough for the emulators to close their databases; then the process ends all the same. */
const CLOSING_LIMIT_MS = 5_000;

const stopping = new AbortController();
// Not once: npm passes Ctrl-C on to a process that the terminal has told already.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.abort());

try {
  const settings = readSettings(process.argv.slice(2), process.env);
  leaveUsersSettings(process.env);
  if (settings.help) console.log(HELP);
  else await run(settings);
} catch (error) {
  console.error(error instanceof StartError ? error.message : error);
  process.exitCode = 1;
}

/** @throws {StartError} If settings.yml cannot be read. */
function readCountry(): string {
  try {
    return countryOf(readSettingsFile(process.cwd()), LOCAL_STAGE);
  } catch (error) {
    throw new StartError((error as Error).message);
  }
}

async function run(settings: Settings): Promise<void> {
  const { verbose, ports, dataDir, tokens, edgeSecrets } = settings;
  const { signal } = stopping;
  const country = readCountry();
  await using packaging = await beginPackaging(settings, signal);
  // All the rest is loaded while the service is packaged.
  enableCompileCache(join(CACHE_FOLDER, 'compiled'));
  const [
    { PortForbiddenError, PortInUseError },
    { startLocalStack },
    { logText, notificationText, readyText },
  ] = await Promise.all([import('./listen.ts'), import('./stack.ts'), import('./terminal.ts')]);
  try {
    const stack = await startLocalStack({
      ports,
      dataDir,
      packageDir: packaging.directory,
      tokens,
      edgeSecrets,
      console: settings.console,
      debug: settings.debug,
      country,
      signal,
      onNotification: (notification) =>
        console.log(notificationText(notification, { width: process.stdout.columns })),
      onFunctionLog: (key, line) => {
        const text = logText(key, line, { verbose, width: process.stdout.columns });
        if (text) console.log(text);
      },
    });
    console.log(readyText(stack));
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

/** Begins with what takes longest. Disposed of, it ends. */
async function beginPackaging(settings: Settings, signal: AbortSignal) {
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
    directory: join(folder, 'package'),
    kept,
    signal,
    onNew: () => console.log('Packaging the service ...'),
  };
  const { directory } = begun.use(packaged(options));
  const all = begun.move();
  return { directory, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
