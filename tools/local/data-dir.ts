import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './settings.ts';

/**
 * Makes the folder and locks it against other stacks, because two emulators on one database destroy it. The
 * lock is SQLite's, so the operating system releases it when the process ends in any way.
 */
export async function lockDataDir(directory: string): Promise<Disposable> {
  await makeFolder(directory).catch((error: Error) => {
    throw new StartError(`The data folder ${directory} cannot be made: ${error.message}`);
  });
  try {
    const lock = new DatabaseSync(join(directory, 'lock.db'), { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    return { [Symbol.dispose]: () => lock.close() };
  } catch (error) {
    const { message } = error as Error;
    throw new StartError(
      message.includes('locked')
        ? `The data folder ${directory} cannot be used: another local stack uses it`
        : `The data folder ${directory} cannot be written: ${message}`,
    );
  }
}

/** Node's own `recursive` never ends in a folder that says ENOENT for a new one, such as /proc. */
async function makeFolder(directory: string): Promise<void> {
  if (existsSync(directory)) return;
  await makeFolder(dirname(directory));
  await mkdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
