import type { FunctionDefinition } from './function-definition.ts';
import { FunctionInstance, type InvocationResult } from './function-instance.ts';

export interface RuntimeOptions {
  /** All of it: see `functionEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every line that the function writes, and one for each invocation that failed. */
  readonly onLog?: (line: string) => void;
  /** Invocations at once; more than that wait. */
  readonly maxInstances?: number;
}

/**
 * Runs one function as Lambda does: as many instances as there are invocations at once, each used
 * again when it is free, and gone when it failed to answer.
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
    this.#maxInstances = maxInstances;
  }

  async invoke(event: unknown): Promise<InvocationResult> {
    const instance = await this.#acquire();
    const result = await instance.invoke(event);
    if (instance.isAlive) this.#idle.push(instance);
    this.#waiting.shift()?.();
    if (!result.ok) this.#onLog(JSON.stringify({ level: 'ERROR', message: result.message }));
    return result;
  }

  /** Ends every instance, in the middle of whatever it does. */
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
