import { type Browser, chromium } from 'playwright-core';
import { type ChromiumFiles, packagedChromium } from './chromium.ts';

export interface LaunchedBrowser extends AsyncDisposable {
  readonly browser: Browser;
}

/** Nothing but this machine is reached. */
const RESOLVER_RULES = 'MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1';

/** Nothing of this machine's hardware or its settings is needed. */
const ARGS = ['--no-proxy-server', '--disable-gpu', '--disable-quic', '--disable-sync'];

/** Without one, Chromium names a language that no page can use: `en-US@posix`. */
const LOCALE = { LC_ALL: 'en_GB.UTF-8' };

/**
 * Starts a headless Chromium with a profile of its own, which goes when it is closed: the one at
 * `CHROMIUM_PATH`; else the one of this project's packages; else, where those have none, an installed Chrome.
 *
 * @param alias Another name that leads to this machine, as a stranger's DNS can have it.
 * @throws {Error} Saying what to do, if there is none.
 */
export async function launchBrowser(
  environment = process.env,
  alias?: string,
): Promise<LaunchedBrowser> {
  const aliasRule = alias === undefined ? '' : `MAP ${alias} 127.0.0.1 , `;
  const { executablePath, env } = await findChromium(environment);
  const browser = await chromium
    .launch({
      args: [...ARGS, `--host-resolver-rules=${aliasRule}${RESOLVER_RULES}`],
      // In what has no user but root, it starts only so; it opens our own pages alone.
      chromiumSandbox: false,
      ...(executablePath === undefined ? { channel: 'chrome' } : { executablePath }),
      env: { ...definedIn(environment), ...LOCALE, ...env },
    })
    .catch((error: Error) => {
      throw new Error(`${HINT}\n${error.message}`, { cause: error });
    });
  return { browser, [Symbol.asyncDispose]: () => browser.close() };
}

const HINT = 'No browser could be started. Set CHROMIUM_PATH to a Chromium or Chrome of yours.';

async function findChromium({ CHROMIUM_PATH }: NodeJS.ProcessEnv): Promise<Partial<ChromiumFiles>> {
  if (CHROMIUM_PATH) return { executablePath: CHROMIUM_PATH };
  const isPackaged = process.platform === 'linux' && process.arch === 'x64';
  return isPackaged ? packagedChromium() : {};
}

function definedIn(environment: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(environment).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Record<string, string>;
}
