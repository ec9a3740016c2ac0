import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import type { Progress } from './listener.ts';

/** What the file of a listener holds. */
export interface Kept {
  /** It stays the same from run to run, so that the receiver need not be told a new one. */
  readonly secret: string;
  readonly progress?: Progress | undefined;
  /** The process that listens, and its queue. It stays here if the process is killed. */
  readonly running?: { readonly pid: number; readonly queue: string } | undefined;
}

/** Handed over again after a kill, at most: what was handed over in this time. */
const SAVE_MS = 1_000;
/** More are handed over again if so many come within a minute. */
const KEPT_HANDLED = 5_000;

/** Who listens to what: each of them has a file of its own. */
export interface Listening {
  readonly stackName: string;
  readonly topicArn: string;
  /** Two local stacks have the same names. */
  readonly webhookBaseUrl: string;
  readonly forwardTo: string;
}

/** The file in which `listen` keeps its secret and how far it is: in `.local`, which git ignores. */
export class ListenFile {
  readonly #path: string;
  readonly #secret: string;
  /** What the last run was at; nothing if there was none. */
  readonly progress: Progress | undefined;
  /** The name of the queue that a killed run has left. */
  readonly abandonedQueue: string | undefined;
  /** The name of the queue of this run, while there is one. */
  queue: string | undefined;
  #savedAt = Number.NEGATIVE_INFINITY;

  private constructor(path: string, { secret, progress, running }: Kept) {
    this.#path = path;
    this.#secret = secret;
    this.progress = progress;
    this.abandonedQueue = running && !isAlive(running.pid) ? running.queue : undefined;
  }

  /** @throws {CliError} If the file cannot be read, or another process listens for it. */
  static async open(projectDirectory: string, listening: Listening): Promise<ListenFile> {
    const { stackName, topicArn, webhookBaseUrl, forwardTo } = listening;
    const key = JSON.stringify([topicArn, webhookBaseUrl, forwardTo]);
    const name = `${stackName}-${createHash('sha256').update(key).digest('hex').slice(0, 12)}.json`;
    const path = join(projectDirectory, '.local', 'listen', name);
    const kept = await readKept(path);
    if (kept?.running && isAlive(kept.running.pid) && (await wasJustSaved(path))) {
      throw usageError(
        `A listen to this URL runs already: process ${kept.running.pid}.`,
        'Stop it first, or give this one another URL.',
      );
    }
    return new ListenFile(path, kept ?? { secret: `whsec_${randomBytes(32).toString('base64')}` });
  }

  /** The secret that signs, unless another one is given. */
  get secret(): string {
    return this.#secret;
  }

  /** Writes it, unless that was done a moment ago. */
  async saveSoon(progress: Progress): Promise<void> {
    if (performance.now() - this.#savedAt < SAVE_MS) return;
    await this.save(progress);
  }

  /** @throws {CliError} If it cannot be written. */
  async save({ handled, ...progress }: Progress): Promise<void> {
    const kept: Kept = {
      secret: this.#secret,
      progress: { ...progress, handled: handled.slice(-KEPT_HANDLED) },
      ...(this.queue && { running: { pid: process.pid, queue: this.queue } }),
    };
    const next = `${this.#path}.${process.pid}.new`;
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      // Customers' message_ids and a secret.
      await writeFile(next, JSON.stringify(kept), { mode: 0o600 });
      // At once: a kill leaves the file as it was, or as it is.
      await rename(next, this.#path);
    } catch (error) {
      throw unusable(this.#path, error as Error);
    }
    this.#savedAt = performance.now();
  }
}

/** @returns `undefined` if there is no file. @throws {CliError} If it is none that `listen` has written. */
async function readKept(path: string): Promise<Kept | undefined> {
  try {
    const kept: Partial<Kept> = JSON.parse(await readFile(path, 'utf8'));
    const { secret, progress } = kept;
    const isWhole = progress === undefined || Array.isArray(progress.waiting);
    if (typeof secret !== 'string' || !isWhole) throw new Error(`${path} is damaged`);
    return { ...kept, secret };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(path, error as Error);
  }
}

/** A process of the same number may be another one: a listener saves each half minute. */
async function wasJustSaved(path: string): Promise<boolean> {
  return Date.now() - (await stat(path)).mtimeMs < 2 * 60_000;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function unusable(path: string, { message }: Error): CliError {
  return new CliError(
    EXIT.failed,
    `The file in which listen keeps how far it is cannot be used: ${message}`,
    `Remove ${path}, or make its folder writable. No message is lost: --since takes them from the archive.`,
  );
}
