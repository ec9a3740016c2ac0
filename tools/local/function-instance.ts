import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { FunctionDefinition } from './function-definition.ts';
import type { Invocation, Reply } from './function-process.ts';

/** How an invocation ended. */
export type InvocationResult =
  | { readonly ok: true; readonly result: unknown }
  | {
      readonly ok: false;
      /** Its handler threw, it took too long, or its process ended. */
      readonly kind: 'error' | 'timeout' | 'crash';
      readonly message: string;
    };

/** How long Lambda lets a function start. */
const INIT_TIMEOUT_MS = 10_000;
/** As many lines of the last words of a process as a crash is explained with. */
const LAST_WORDS = 20;

const MAIN = fileURLToPath(new URL('function-process.ts', import.meta.url));

/** A process of a function. It serves one invocation at a time, and any number one after another. */
export class FunctionInstance {
  /** Resolves when the process is gone, whatever ended it. */
  readonly exited: Promise<void>;
  readonly #fn: FunctionDefinition;
  readonly #child: ChildProcess;
  readonly #logStreamName =
    `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomUUID().replaceAll('-', '')}`;
  readonly #ready: Promise<Reply | InvocationResult>;
  readonly #lastWords: string[] = [];
  #crash: InvocationResult | undefined;
  #settle: ((reply: Reply | InvocationResult) => void) | undefined;

  constructor(
    fn: FunctionDefinition,
    environment: Readonly<Record<string, string>>,
    onLog: (line: string) => void,
  ) {
    this.#fn = fn;
    this.#child = fork(MAIN, [fn.file, fn.exportName], {
      cwd: fn.taskRoot,
      env: { ...environment, AWS_LAMBDA_LOG_STREAM_NAME: this.#logStreamName },
      // None of the flags that the stack itself, or a test runner, was started with.
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.exited = this.#watch(onLog);
    this.#ready = this.#next(INIT_TIMEOUT_MS);
  }

  get isAlive(): boolean {
    return this.#crash === undefined;
  }

  async invoke(event: unknown): Promise<InvocationResult> {
    const ready = await this.#ready;
    if ('ok' in ready) return this.#end(ready);

    const { timeoutMs } = this.#fn;
    const invocation: Invocation = {
      event,
      deadline: Date.now() + timeoutMs,
      context: this.#context(),
    };
    // A process that is just ending cannot be sent to: `#next` says so better.
    this.#child.send(invocation, () => {});
    const reply = await this.#next(timeoutMs);
    if ('ok' in reply) return this.#end(reply);
    if (reply.kind === 'result') return { ok: true, result: JSON.parse(reply.json) };
    return {
      ok: false,
      kind: 'error',
      message: reply.kind === 'error' ? reply.message : 'No result',
    };
  }

  /** Ends the process at once, in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  async #end(failure: InvocationResult): Promise<InvocationResult> {
    await this.kill();
    return failure;
  }

  /** The next message of the process, or why there will be none. */
  async #next(limitMs: number): Promise<Reply | InvocationResult> {
    if (this.#crash) return this.#crash;
    const { promise, resolve } = Promise.withResolvers<Reply | InvocationResult>();
    this.#settle = resolve;
    const message = `Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`;
    const timer = setTimeout(() => resolve({ ok: false, kind: 'timeout', message }), limitMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  async #watch(onLog: (line: string) => void): Promise<void> {
    const child = this.#child;
    forEachLine(child.stdout, onLog);
    forEachLine(child.stderr, (line) => {
      this.#lastWords.push(line);
      if (this.#lastWords.length > LAST_WORDS) this.#lastWords.shift();
      onLog(line);
    });
    child.on('message', (reply: Reply) => this.#settle?.(reply));
    let end: string;
    try {
      const [code, signal] = await once(child, 'close');
      end = signal ? `was ended by ${signal}` : `exited with code ${code}`;
    } catch (error) {
      end = `could not be started: ${(error as Error).message}`;
    }
    const message = [`The process of ${this.#fn.key} ${end}`, ...this.#lastWords].join('\n');
    this.#crash = { ok: false, kind: 'crash', message };
    this.#settle?.(this.#crash);
  }

  #context(): Invocation['context'] {
    return {
      awsRequestId: randomUUID(),
      functionName: this.#fn.name,
      functionVersion: '$LATEST',
      invokedFunctionArn: this.#fn.arn,
      memoryLimitInMB: String(this.#fn.memoryMb),
      logGroupName: `/aws/lambda/${this.#fn.name}`,
      logStreamName: this.#logStreamName,
    };
  }
}

function forEachLine(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on('line', onLine);
}
