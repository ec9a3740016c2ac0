/** `npm start`: the whole service on this machine, until Ctrl-C. */
import { once } from 'node:events';
import { PortInUseError } from './listen.ts';
import { HELP, readSettings, type Settings, variableOf } from './settings.ts';
import { startLocalStack } from './stack.ts';
import { StartError } from './start-error.ts';
import { logText, notificationText, readyText } from './terminal.ts';

/** Long enough for the emulators to close their databases; then the process ends all the same. */
const CLOSING_LIMIT_MS = 5_000;

const stopping = new AbortController();
// Not once: npm passes Ctrl-C on to a process that the terminal has told already.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.abort());

try {
  const settings = readSettings(process.argv.slice(2), process.env);
  if (settings.help) console.log(HELP);
  else await run(settings);
} catch (error) {
  console.error(error instanceof StartError ? error.message : error);
  process.exitCode = 1;
}

async function run(settings: Settings): Promise<void> {
  const { verbose, ports, dataDir, packageDir, tokens, edgeSecrets, params } = settings;
  const { signal } = stopping;
  if (!packageDir) console.log('Packaging the service ...');
  try {
    const stack = await startLocalStack({
      ports,
      dataDir,
      packageDir,
      tokens,
      edgeSecrets,
      params,
      console: settings.console,
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
    if (!(error instanceof PortInUseError)) throw error;
    const { port } = error;
    throw new StartError(
      `Port ${port} is in use: stop what uses it, or set ${variableOf(port, ports)} to another port.`,
    );
  }
}
