import { type ChildProcess, fork } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { Call, Reply } from './serve-remote.ts';

export interface RemoteOptions {
  /** All of it: nothing comes from the user's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
  /** Ends the process when it aborts. */
  readonly signal: AbortSignal;
}

type Method = (...args: never[]) => unknown;
type MethodsOf<T> = { [Name in keyof T & string]: T[Name] extends Method ? T[Name] : never };

/** As many of the last lines on stderr as the end of a process is explained with. */
const LAST_WORDS = 20;

/** Functions of a process of its own: what `serve` of serve-remote.ts offers there. */
export class Remote<T> implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  readonly #lastWords: string[] = [];
  #nextId = 0;
  #end: string | undefined;

  /** @param file JavaScript or TypeScript that calls `serve`. */
  constructor(file: string, { environment, execArgv = [], signal }: RemoteOptions) {
    signal.throwIfAborted();
    this.#child = fork(file, {
      env: environment,
      // None of the flags that the parent was started with.
      execArgv: [...execArgv],
      // Like Lambda, somebody reads what a function writes, and nobody keeps it.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      killSignal: 'SIGKILL',
      signal,
    });
    this.#child.stdout?.resume();
    if (this.#child.stderr) {
      createInterface({ input: this.#child.stderr }).on('line', (line) => {
        this.#lastWords.push(line);
        if (this.#lastWords.length > LAST_WORDS) this.#lastWords.shift();
      });
    }
    this.#child.on('message', (reply: Reply) => this.#settle(reply));
    this.#exited = this.#watch(file);
  }

  /** @throws {Error} What the method throws, or that the process has ended. */
  async call<Name extends keyof MethodsOf<T> & string>(
    method: Name,
    ...args: Parameters<MethodsOf<T>[Name]>
  ): Promise<Awaited<ReturnType<MethodsOf<T>[Name]>>> {
    if (this.#end) throw new Error(this.#end);
    const call: Call = { id: this.#nextId++, method, args };
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(call.id, resolve);
      // A process that is just ending cannot be sent to: `#watch` says so better.
      this.#child.send(call, () => {});
    });
    if ('error' in reply) throw new Error(reply.error);
    return reply.result as Awaited<ReturnType<MethodsOf<T>[Name]>>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #settle(reply: Reply): void {
    this.#waiting.get(reply.id)?.(reply);
    this.#waiting.delete(reply.id);
  }

  async #watch(file: string): Promise<void> {
    // An aborted signal is an error of the process, too; its end follows.
    this.#child.on('error', ({ message }) => this.#lastWords.push(message));
    const [code, killedBy] = await new Promise<unknown[]>((resolve) => {
      this.#child.once('close', (...end) => resolve(end));
    });
    const end = `The process of ${basename(file)} ended (${killedBy ?? code})`;
    this.#end = [end, ...this.#lastWords].join('\n');
    for (const id of [...this.#waiting.keys()]) this.#settle({ id, error: this.#end });
  }
}
