import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './start-error.ts';

/**
 * Makes the folder and keeps other stacks out of it: two emulators on one database destroy it. The
 * lock is SQLite's, so the operating system drops it with the process, however that ends.
 */
export async function lockDataDir(directory: string): Promise<Disposable> {
  try {
    await mkdir(directory, { recursive: true });
    const lock = new DatabaseSync(join(directory, 'lock.db'), { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    return { [Symbol.dispose]: () => lock.close() };
  } catch (error) {
    const { message } = error as Error;
    const reason = message.includes('locked') ? 'another local stack uses it' : message;
    throw new StartError(`The data folder ${directory} cannot be used: ${reason}`);
  }
}
