import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './package-inputs.ts';

/** For what saves time at the next start. It goes with the installed packages, which `npm ci` deletes. */
export const CACHE_FOLDER = join(ROOT, 'node_modules', '.cache', 'inbound-sms');

/**
 * The first of these folders in which `below` can be written; nothing if there is none, as in a clone that
 * is read-only.
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
      // The next may be.
    }
  }
  return undefined;
}
