/**
 * The process in which a function is measured. It loads as little as possible and is bundled to
 * plain JavaScript, so that only the function's loading is measured. function-process.ts calls it.
 */
import { readFileSync } from 'node:fs';
import { smsFields, webhookEvent } from './webhook-event.ts';

export interface Target {
  /** `file:` URL of the module. */
  readonly url: string;
  readonly exportName: string;
  /** Of the function, ms. */
  readonly timeoutMs: number;
  readonly memoryMb: number;
}

/** The cost of a number of messages together. */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export type Methods = typeof methods;

const MEMORY_EVERY_MS = 500;
const MB = 2 ** 20;

let handler: (event: unknown, context: object) => Promise<unknown>;
let target: Target;

const methods = {
  /** Imports the module, with everything that it awaits. */
  async load(fn: Target): Promise<Cost> {
    target = fn;
    const stop = startClock();
    handler = (await import(fn.url))[fn.exportName];
    return stop();
  },

  invoke,

  /** From the start of the import to the first answer. */
  async coldStart(fn: Target, event: unknown) {
    const stop = startClock();
    const { wallMs: importMs } = await methods.load(fn);
    const status = await invoke(event);
    return { status, importMs, ...stop() };
  },

  /** Messages one after another. */
  async deliver(ids: readonly string[]): Promise<Cost> {
    const events = ids.map((id) => webhookEvent(smsFields(id)));
    const stop = startClock();
    for (const event of events) {
      const status = await invoke(event);
      if (status !== 200) throw new Error(`A message was answered ${status}`);
    }
    return stop();
  },

  /** The same, each by itself. */
  async deliverEach(ids: readonly string[]): Promise<Cost[]> {
    const costs: Cost[] = [];
    for (const id of ids) costs.push(await methods.deliver([id]));
    return costs;
  },

  /** Events one after another. */
  async handle(events: readonly unknown[]): Promise<Cost> {
    const stop = startClock();
    for (const event of events) await invoke(event);
    return stop();
  },

  /** The cost of one invocation, and repeated measurements of the resident memory in MB. */
  async watch(event: unknown) {
    const rssMb = [process.memoryUsage.rss() / MB];
    const timer = setInterval(() => rssMb.push(process.memoryUsage.rss() / MB), MEMORY_EVERY_MS);
    const stop = startClock();
    await invoke(event);
    const cost = stop();
    clearInterval(timer);
    return { ...cost, rssMb };
  },

  /** Peak resident memory, in Lambda's MB of 2^20 bytes. */
  peakRssMb(): number {
    // On Linux, `resourceUsage` has at least what the parent had when it forked this process: getrusage(2).
    const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '';
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return Number(kilobytes ?? process.resourceUsage().maxRSS) / 2 ** 10;
  },

  /** Bytes in use after a full collection. Needs `--expose-gc`. */
  heapUsed(): number {
    if (!globalThis.gc) throw new Error('The process was started without --expose-gc');
    globalThis.gc();
    return process.memoryUsage().heapUsed;
  },

  /**
   * Bytes on the heap that all messages together took. Needs `--expose-gc`, and a young generation
   * so large that nothing is collected meanwhile.
   */
  async allocated(ids: readonly string[]): Promise<number> {
    const collectedAt: number[] = [];
    const observer = new PerformanceObserver((seen) => {
      for (const { startTime } of seen.getEntries()) collectedAt.push(startTime);
    });
    observer.observe({ entryTypes: ['gc'] });
    const before = methods.heapUsed();
    const begin = performance.now();
    await methods.deliver(ids);
    const bytes = process.memoryUsage().heapUsed - before;
    await new Promise(setImmediate);
    observer.disconnect();
    if (collectedAt.some((time) => time > begin)) {
      throw new Error('Memory was collected meanwhile: raise --min-semi-space-size');
    }
    return bytes;
  },
};

/**
 * @returns The HTTP status. Undefined for a function that answers nothing.
 * @throws {Error} If a message of a queue was not handled.
 */
async function invoke(event: unknown): Promise<number | undefined> {
  const deadline = Date.now() + target.timeoutMs;
  const answer = await handler(event, {
    awsRequestId: '8f507cfc-1c1c-4a2a-9a5c-d3a5a4f6e7b1',
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:ap-southeast-2:000000000000:function:bench',
    memoryLimitInMB: String(target.memoryMb),
    logGroupName: '/aws/lambda/bench',
    logStreamName: '2019/12/15/[$LATEST]bench',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  });
  const { statusCode, batchItemFailures = [] } = (answer ?? {}) as {
    statusCode?: number;
    batchItemFailures?: readonly unknown[];
  };
  if (batchItemFailures.length > 0) throw new Error('A message of a queue was not handled');
  return statusCode;
}

function startClock(): () => Cost {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  return () => {
    const wallMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpu);
    return { wallMs, cpuMs: (user + system) / 1_000 };
  };
}

process.on('disconnect', () => process.exit());
// Ctrl-C goes to every process of the terminal, but the parent decides when this one ends.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
process.on('message', async ({ method, args }: { method: keyof Methods; args: never[] }) => {
  try {
    const call = methods[method] as (...args: unknown[]) => unknown;
    process.send?.({ result: await call(...args) });
  } catch (error) {
    process.send?.({ error: error instanceof Error ? String(error.stack) : String(error) });
  }
});
