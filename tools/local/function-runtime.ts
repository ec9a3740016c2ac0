import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { FunctionDefinition } from './function-definition.ts';
import type { Invocation, Reply } from './function-process.ts';

/** The result of an invocation. */
export type InvocationResult =
  | { readonly ok: true; readonly result: unknown }
  | {
      readonly ok: false;
      /** The handler threw, it took too long, or its process ended. */
      readonly kind: 'error' | 'timeout' | 'crash';
      readonly message: string;
    };

/**
 * Lambda's time limit for a start. If a function takes longer, Lambda starts it again within the
 * invocation's timeout. Here a single start may take both times, because a small machine is slow when many
 * functions start together.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
const INIT_TIMEOUT_MS = 10_000;
/** Lines of stderr quoted in a crash report. */
const LAST_WORDS = 20;

const MAIN = fileURLToPath(new URL('function-process.ts', import.meta.url));

/** A function's process. It serves one invocation at a time. */
class FunctionInstance {
  /** Resolves when the process has ended in any way. */
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
      // Without the flags of the stack's own process, or of a test runner.
      execArgv: [...(fn.debugArgs ?? [])],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.exited = this.#watch(onLog);
    this.#ready = this.#next(INIT_TIMEOUT_MS + fn.timeoutMs);
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
      context: this.#context(event),
    };
    // Sending to a process that is just ending fails. `#next` reports it better.
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

  /** Kills the process, also during an invocation. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  async #end(failure: InvocationResult): Promise<InvocationResult> {
    await this.kill();
    return failure;
  }

  /** The process's next message, or why there is none. */
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

  #context(event: unknown): Invocation['context'] {
    const { requestContext } = (event ?? {}) as { requestContext?: { requestId?: string } };
    return {
      // AWS has two ids here. With a single one, a call can be matched with its answer.
      awsRequestId: requestContext?.requestId ?? randomUUID(),
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

export interface RuntimeOptions {
  /** All variables: see `functionEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Called for every line of the function, and for each failed invocation. */
  readonly onLog?: (line: string) => void;
  /** Parallel invocations. Others wait. */
  readonly maxInstances?: number;
}

/**
 * Runs one function as Lambda does: with one instance for each parallel invocation. A free instance is used
 * again. One that failed to answer is not.
 */
export class FunctionRuntime implements AsyncDisposable {
  readonly definition: FunctionDefinition;
  readonly #environment: RuntimeOptions['environment'];
  readonly #onLog: (line: string) => void;
  readonly #maxInstances: number;
  readonly #instances = new Set<FunctionInstance>();
  readonly #idle: FunctionInstance[] = [];
  readonly #waiting: Array<() => void> = [];
  #closed = false;

  constructor(
    definition: FunctionDefinition,
    { environment, onLog = () => {}, maxInstances = 10 }: RuntimeOptions,
  ) {
    this.definition = definition;
    this.#environment = environment;
    this.#onLog = onLog;
    // A debugger is attached to a single process.
    this.#maxInstances = definition.debugArgs ? 1 : maxInstances;
    if (definition.debugArgs) this.#idle.push(this.#startInstance());
  }

  async invoke(event: unknown): Promise<InvocationResult> {
    const instance = await this.#acquire();
    const result = await instance.invoke(event);
    if (instance.isAlive) this.#idle.push(instance);
    this.#waiting.shift()?.();
    if (!result.ok && !this.#closed)
      this.#onLog(JSON.stringify({ level: 'ERROR', message: result.message }));
    return result;
  }

  /** Kills every instance, also during an invocation. */
  async kill(): Promise<void> {
    await Promise.all([...this.#instances].map((instance) => instance.kill()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const wake of this.#waiting.splice(0)) wake();
    await this.kill();
  }

  async #acquire(): Promise<FunctionInstance> {
    while (!this.#closed) {
      const idle = this.#idle.pop();
      if (idle) return idle;
      if (this.#instances.size < this.#maxInstances) return this.#startInstance();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    throw new Error('The local stack is closed');
  }

  #startInstance(): FunctionInstance {
    const instance = new FunctionInstance(this.definition, this.#environment, this.#onLog);
    this.#instances.add(instance);
    instance.exited.then(() => {
      this.#instances.delete(instance);
      const index = this.#idle.indexOf(instance);
      if (index >= 0) this.#idle.splice(index, 1);
    });
    return instance;
  }
}

/** An invocation that has no result. */
export class InvocationError extends Error {
  readonly kind: Extract<InvocationResult, { ok: false }>['kind'];

  constructor({ kind, message }: Extract<InvocationResult, { ok: false }>) {
    super(message);
    this.name = 'InvocationError';
    this.kind = kind;
  }
}

/** The functions of a stack. You find one by its key in serverless.yml, name, logical id or ARN. */
export class Functions implements AsyncDisposable {
  readonly #runtimes: FunctionRuntime[] = [];

  /** Adds a running function. */
  add(runtime: FunctionRuntime): void {
    this.#runtimes.push(runtime);
  }

  /** @throws {Error} If there is no such function. */
  get(name: string): FunctionRuntime {
    const found = this.#runtimes.find(
      ({ definition: { key, name: functionName, logicalId, arn } }) =>
        [key, functionName, logicalId, arn].includes(name),
    );
    if (found) return found;
    const known = this.#runtimes.map(({ definition }) => definition.key).join(', ');
    throw new Error(`There is no function "${name}"; there are ${known}`);
  }

  /** @returns The result. @throws {InvocationError} */
  async call(name: string, event: unknown): Promise<unknown> {
    const invocation = await this.get(name).invoke(event);
    if (!invocation.ok) throw new InvocationError(invocation);
    return invocation.result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#runtimes.map((runtime) => runtime[Symbol.asyncDispose]()));
  }
}
