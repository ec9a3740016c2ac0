/**
 * The process in which a function is measured. It loads as little as it can, so that what a function
 * loads is seen; it is bundled to plain JavaScript for the same reason.
 */

import { serve } from './serve-remote.ts';
import { smsFields, webhookEvent } from './webhook-event.ts';

type Handler = (event: unknown, context: object) => Promise<unknown>;

interface Target {
  /** `file:` URL of the module. */
  readonly url: string;
  readonly exportName: string;
  /** Of the function, ms. */
  readonly timeoutMs: number;
  readonly memoryMb: number;
}

/** What a number of messages took, all of them together. */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

let handler: Handler;
let target: Target;

export const methods = {
  /** A cold start: from the start of the import to the first answer. */
  async coldStart(fn: Target, event: unknown) {
    const stop = startClock();
    await load(fn);
    const importMs = stop().wallMs;
    const status = await invoke(event);
    return { status, importMs, ...stop() };
  },

  load,
  invoke,

  /** One invocation, and what it takes. */
  async measure(event: unknown): Promise<Cost> {
    const stop = startClock();
    await invoke(event);
    return stop();
  },

  /** New messages one after another, under ids that begin with `prefix`. */
  async deliverNew(prefix: string, count: number): Promise<Cost> {
    return deliver(idsOf(prefix, count));
  },

  /** The same message one time after another. */
  async deliverAgain(messageId: string, count: number): Promise<Cost> {
    return deliver(Array.from({ length: count }, () => messageId));
  },

  /** Resident memory, in MB as Lambda counts them: 2^20 bytes. */
  memory() {
    return {
      rssMb: process.memoryUsage.rss() / 2 ** 20,
      // In kilobytes.
      peakRssMb: process.resourceUsage().maxRSS / 2 ** 10,
    };
  },

  /** Bytes in use after a full collection: needs `--expose-gc`. */
  heapUsed(): number {
    if (!globalThis.gc) throw new Error('The process was started without --expose-gc');
    globalThis.gc();
    return process.memoryUsage().heapUsed;
  },

  /**
   * Bytes on the heap that a number of messages took, all of them together: needs `--expose-gc`, and
   * a young generation so large that nothing is collected meanwhile.
   */
  async allocated(prefix: string, count: number): Promise<number> {
    const collectedAt: number[] = [];
    const observer = new PerformanceObserver((seen) => {
      for (const { startTime } of seen.getEntries()) collectedAt.push(startTime);
    });
    observer.observe({ entryTypes: ['gc'] });
    const before = methods.heapUsed();
    const begin = performance.now();
    await deliver(idsOf(prefix, count));
    const bytes = process.memoryUsage().heapUsed - before;
    await new Promise(setImmediate);
    observer.disconnect();
    if (collectedAt.some((time) => time > begin)) {
      throw new Error('Memory was collected meanwhile: raise --min-semi-space-size');
    }
    return bytes;
  },
};

async function load(fn: Target): Promise<void> {
  target = fn;
  handler = (await import(fn.url))[fn.exportName];
}

/** @returns The HTTP status; none for a function that answers nothing. */
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
  return (answer as { statusCode?: number } | undefined)?.statusCode;
}

function idsOf(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => prefix + String(n).padStart(12, '0'));
}

async function deliver(ids: readonly string[]): Promise<Cost> {
  const events = ids.map((id) => webhookEvent(smsFields(id)));
  const stop = startClock();
  for (const event of events) {
    const status = await invoke(event);
    if (status !== 200) throw new Error(`A message was answered ${status}`);
  }
  return stop();
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

serve(methods);
