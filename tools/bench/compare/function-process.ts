import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import type { Methods } from './function-host.ts';

export interface ProcessOptions {
  /** The whole environment. Nothing comes from the user's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Flags of Node. */
  readonly execArgv?: readonly string[] | undefined;
  /** Ends the process when it aborts. */
  readonly signal: AbortSignal;
}

const run = promisify(execFile);

/** Characters from the end of stderr that an error quotes. */
const QUOTED = 2_000;

/** A process that runs function-host.ts, and does one thing at a time. */
export class FunctionProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  /** Never resolves. */
  readonly #ended: Promise<never>;

  /** @param file function-host.ts as JavaScript. */
  constructor(file: string, { environment, execArgv = [], signal }: ProcessOptions) {
    signal.throwIfAborted();
    this.#child = fork(file, {
      env: environment,
      // Without the flags of the parent.
      execArgv: [...execArgv],
      // Like Lambda, reads the output of the function, but drops it.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      killSignal: 'SIGKILL',
      signal,
    });
    this.#child.stdout?.resume();
    let said = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => {
      said = (said + text).slice(-QUOTED);
    });
    // An aborted signal is an error of the process, too; its end follows.
    this.#child.on('error', () => {});
    this.#ended = new Promise((_, reject) => {
      this.#child.once('close', (code, killedBy) =>
        reject(new Error(`The process of ${basename(file)} ended (${killedBy ?? code})\n${said}`)),
      );
    });
    this.#ended.catch(() => {});
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('The process was not started');
    return pid;
  }

  /** @throws {Error} What the method throws, or that the process has ended. */
  async call<Name extends keyof Methods>(
    method: Name,
    ...args: Parameters<Methods[Name]>
  ): Promise<Awaited<ReturnType<Methods[Name]>>> {
    const answered = once(this.#child, 'message');
    // A process that is ending cannot receive a message. Its end is the better error.
    this.#child.send({ method, args }, () => {});
    const [reply] = await Promise.race([answered, this.#ended]);
    if ('error' in reply) throw new Error(reply.error);
    return reply.result;
  }

  /** Stops the process as Lambda does between messages. What arrives meanwhile waits in the kernel. */
  async freeze(): Promise<void> {
    this.#child.kill('SIGSTOP');
    // A signal takes some time.
    while (!(await this.#state()).startsWith('T')) await new Promise(setImmediate);
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async #state(): Promise<string> {
    const { stdout } = await run('ps', ['-o', 'stat=', '-p', String(this.#child.pid)]);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended.catch(() => {});
  }
}
