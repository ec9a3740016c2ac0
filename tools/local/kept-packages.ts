import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from './package-inputs.ts';

/** How many packages are kept: those that were used last. */
const MAX_KEPT = 5;
/** Part of a folder's name until it is complete. */
const UNFINISHED = '.unfinished-';
/** No start writes for so long, so an older unfinished folder was interrupted. */
const INTERRUPTED_AFTER_MS = 60 * 60_000;
/** The SHA-256 of each file of the package. */
const MANIFEST = 'manifest.json';

/**
 * Keeps packages of earlier starts, by a key of their inputs. Several processes may use them at once. The
 * cache only saves time, so a folder that cannot be read or written counts as empty.
 */
export class KeptPackages {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Writes the package of this key to `directory`.
   *
   * @returns False if there is none, or it is damaged.
   */
  async restore(key: string, directory: string): Promise<boolean> {
    const kept = join(this.#folder, key);
    const files = await readWhole(kept);
    if (!files) return false;
    await writeAll(directory, files);
    const now = new Date();
    await utimes(kept, now, now).catch(() => {});
    return true;
  }

  /** Keeps the package in `directory`, and deletes the least recently used ones. */
  async keep(key: string, directory: string): Promise<void> {
    const unfinished = join(this.#folder, UNFINISHED + randomUUID());
    try {
      const files = await readFiles(directory, await readdir(directory));
      const hashes = Object.fromEntries([...files].map(([name, file]) => [name, sha256(file)]));
      files.set(MANIFEST, Buffer.from(JSON.stringify(hashes)));
      await writeAll(unfinished, files);
      const kept = join(this.#folder, key);
      // It is damaged, or another start has just made the same package.
      await rm(kept, { recursive: true, force: true });
      await rename(unfinished, kept);
      await this.#prune();
    } catch {
      await rm(unfinished, { recursive: true, force: true }).catch(() => {});
    }
  }

  async #prune(): Promise<void> {
    const names = await readdir(this.#folder);
    const folders = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name);
        return { path, usedAt: (await stat(path)).mtimeMs, isWhole: !name.startsWith(UNFINISHED) };
      }),
    );
    const whole = folders.filter(({ isWhole }) => isWhole);
    const old = whole.toSorted((a, b) => b.usedAt - a.usedAt).slice(MAX_KEPT);
    const interrupted = folders.filter(
      ({ isWhole, usedAt }) => !isWhole && Date.now() - usedAt > INTERRUPTED_AFTER_MS,
    );
    for (const { path } of [...old, ...interrupted])
      await rm(path, { recursive: true, force: true });
  }
}

/** The files of a package. Undefined if there is none, or a file is not what was written. */
async function readWhole(folder: string): Promise<Map<string, Buffer> | undefined> {
  try {
    const hashes: Record<string, string> = JSON.parse(
      await readFile(join(folder, MANIFEST), 'utf8'),
    );
    const files = await readFiles(folder, Object.keys(hashes));
    const isWhole = [...files].every(([name, file]) => sha256(file) === hashes[name]);
    return isWhole && files.size > 0 ? files : undefined;
  } catch {
    return undefined;
  }
}

async function readFiles(folder: string, names: readonly string[]): Promise<Map<string, Buffer>> {
  const read = names.map(async (name) => [name, await readFile(join(folder, name))] as const);
  return new Map(await Promise.all(read));
}

/** Only the owner may read it, because it holds hashes of tokens. */
async function writeAll(folder: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await Promise.all([...files].map(([name, file]) => writeFile(join(folder, name), file)));
}
