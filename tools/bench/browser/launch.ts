import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtempDisposable, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

export interface LaunchedBrowser extends AsyncDisposable {
  readonly browser: Browser;
}

/** Can reach only this machine. */
const RESOLVER_RULES = 'MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1';

/** Needs no hardware or settings of this machine. */
const ARGS = ['--no-proxy-server', '--disable-gpu', '--disable-quic', '--disable-sync'];

/** Without a language, Chromium reports `en-US@posix`, which no page can use. */
const LOCALE = { LC_ALL: 'en_GB.UTF-8' };

const HINT = 'No browser could be started. Set CHROMIUM_PATH to a Chromium or Chrome of yours.';

/**
 * Starts a headless Chromium with a temporary profile. Takes the first of: the one at
 * `CHROMIUM_PATH`, the one of this project's packages, an installed Chrome.
 *
 * @param alias Another name for this machine, as a stranger's DNS can have it.
 * @throws {Error} If there is none. Says what to do.
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
      // As root, Chromium starts only without its sandbox. It opens only our own pages.
      chromiumSandbox: false,
      ...(executablePath === undefined ? { channel: 'chrome' } : { executablePath }),
      env: { ...environment, ...LOCALE, ...env },
    })
    .catch((error: Error) => {
      throw new Error(`${HINT}\n${error.message}`, { cause: error });
    });
  return { browser, [Symbol.asyncDispose]: () => browser.close() };
}

/** The path of a Chromium, and the environment with its libraries and fonts. */
interface ChromiumFiles {
  readonly executablePath: string;
  readonly env: Readonly<Record<string, string>>;
}

async function findChromium({ CHROMIUM_PATH }: NodeJS.ProcessEnv): Promise<Partial<ChromiumFiles>> {
  if (CHROMIUM_PATH) return { executablePath: CHROMIUM_PATH };
  const isPackaged = process.platform === 'linux' && process.arch === 'x64';
  return isPackaged ? packagedChromium() : {};
}

const FONTS_CONF = 'fonts.conf';
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/inbound-sms/', import.meta.url));

/**
 * The Chromium of this project's packages, for Linux on x64. It is unpacked once and kept beside
 * the packages.
 */
async function packagedChromium(): Promise<ChromiumFiles> {
  const manifest = new URL('../package.json', import.meta.resolve('@sparticuz/chromium'));
  const { version } = JSON.parse(await readFile(manifest, 'utf8'));
  const kept = join(CACHE, `chromium-${version}`);
  if (!existsSync(kept)) await unpackTo(kept);
  return {
    executablePath: join(kept, 'chromium'),
    env: {
      // So that it leaves nothing in the user's home folder.
      HOME: kept,
      LD_LIBRARY_PATH: join(kept, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(kept, FONTS_CONF),
    },
  };
}

async function unpackTo(kept: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  await using own = await mkdtempDisposable(join(CACHE, 'unpacking-'));
  // In a separate process, because the package unpacks into the temporary folder of its environment.
  const script = "(await import('@sparticuz/chromium')).default.executablePath()";
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', `await ${script}`], {
    cwd: import.meta.dirname,
    // Pretends to be a function of this Node. Only there does the package bring Chromium's
    // libraries.
    env: { TMPDIR: own.path, AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x' },
  });
  await chmod(own.path, 0o755);
  await chmod(join(own.path, 'chromium'), 0o755);
  await writeFile(join(own.path, FONTS_CONF), fontsConf(kept));
  await rename(own.path, kept).catch((error: NodeJS.ErrnoException) => {
    // Another process has unpacked it first.
    if (!existsSync(kept)) throw error;
  });
}

/**
 * Open Sans, which is in the package, is the default font, so texts have the same width on every
 * machine. Other characters come from the system's fonts, if there are any.
 */
function fontsConf(folder: string): string {
  const own = folder.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const alias = (generic: string, ...families: string[]) => {
    const names = families.map((name) => `<family>${name}</family>`).join('');
    return `<alias binding="same"><family>${generic}</family><prefer>${names}</prefer></alias>`;
  };
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(own, 'fonts')}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(own, 'fonts-cache')}</cachedir>
  ${alias('sans-serif', 'Open Sans')}
  ${alias('system-ui', 'Open Sans')}
  ${alias('monospace', 'DejaVu Sans Mono', 'Liberation Mono', 'Noto Sans Mono')}
</fontconfig>
`;
}
