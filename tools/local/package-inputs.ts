import { createHash } from 'node:crypto';
import { access, constants, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SETTINGS_FILE } from '../../infra/plugin/settings.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The part of the project that packaging sees. {@link writeInputs} copies it to a folder. */
const INPUTS = [
  ...['serverless.yml', 'package.json', 'package-lock.json', 'tsconfig.json'],
  ...['functions', 'infra', 'lib'],
  // For the filters and the outputs of subscribers.
  ...['phone-number.ts', 'number-filter.ts', 'subscriber-outputs.ts'].map(
    (name) => `tools/shared/${name}`,
  ),
];

/** npm writes this list of the installed packages and their versions. */
const INSTALLED = join('node_modules', '.package-lock.json');
/** The code that packages the service. */
const HOW = ['package-service.ts', 'package-inputs.ts'].map((name) => join('tools', 'local', name));

/** Files by their path below the project. */
export type Inputs = ReadonlyMap<string, Buffer>;

/**
 * Reads all that packaging reads, except for the installed packages.
 *
 * @param settings The text of settings.yml. The user's own file is never read here.
 */
export async function readInputs(settings?: string, root = ROOT): Promise<Inputs> {
  const paths = await Promise.all(INPUTS.map((path) => filesIn(root, path)));
  const inputs = await readAll(root, paths.flat());
  if (settings !== undefined) inputs.set(SETTINGS_FILE, Buffer.from(settings));
  return inputs;
}

/** Makes a folder that looks like the service, with these files and the installed packages. */
export async function writeInputs(inputs: Inputs, folder: string, root = ROOT): Promise<void> {
  const folders = new Set([...inputs.keys()].map((path) => dirname(join(folder, path))));
  for (const path of folders) await mkdir(path, { recursive: true });
  await Promise.all([...inputs].map(([path, content]) => writeFile(join(folder, path), content)));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
}

/**
 * Makes a key of all that a package depends on. Two packages with the same key are the same.
 *
 * @param options Other inputs of the packaging, such as secrets. The key does not reveal them.
 * @throws {Error} If it is unknown which packages are installed.
 */
export async function keyOfInputs(inputs: Inputs, options: unknown, root = ROOT): Promise<string> {
  const others = await readAll(root, [INSTALLED, ...HOW]);
  const files = [...inputs, ...others].map(([path, content]) => [path, sha256(content)]);
  const { version, platform, arch } = process;
  return sha256(JSON.stringify([files.toSorted(), options, version, platform, arch]));
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function readAll(root: string, paths: readonly string[]): Promise<Map<string, Buffer>> {
  const read = paths.map(async (path) => [path, await readFile(join(root, path))] as const);
  return new Map(await Promise.all(read));
}

/** The path itself if it is a file, or the paths of all files in the folder. */
async function filesIn(root: string, path: string): Promise<string[]> {
  if (path.includes('.')) return [path];
  const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, path).length + 1))
    .map((name) => join(path, name))
    .sort();
}

/** For caches that save time at the next start. It is in node_modules, so `npm ci` deletes it. */
export const CACHE_FOLDER = join(ROOT, 'node_modules', '.cache', 'inbound-sms');

/**
 * The first of these folders in which `below` can be written. Undefined if there is none, as in a read-only
 * clone.
 */
export async function firstWritable(
  folders: readonly string[],
  below: string,
): Promise<string | undefined> {
  for (const folder of folders) {
    try {
      await mkdir(join(folder, below), { recursive: true });
      await access(join(folder, below), constants.W_OK);
      return folder;
    } catch {
      // The next one may be writable.
    }
  }
  return undefined;
}
