import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { startLocalStack } from '../../local/stack.ts';
import { cpuTime } from './cpu-time.ts';
import { type Sending, type Sent, sendOpenLoop } from './open-loop.ts';

export interface LoadOptions {
  readonly packageDir: string;
  /** Posts a second, one rate after the other. */
  readonly rates: readonly number[];
  /** How long each rate lasts. */
  readonly seconds: number;
  readonly onProgress?: (text: string) => void;
}

/** How the service did at one rate. */
export interface LoadStep extends Sent {
  readonly rate: number;
  /** Of one core, while posts were under way: the stack's thread (gateway and emulators), ... */
  readonly stackCpu: number;
  /** ... and all processes of functions together; nothing but on Linux. */
  readonly functionsCpu: number | undefined;
}

/** Enough at once that the stack has started every process that it will use. */
const WARM_UP: Omit<Sending, 'url'> = { rate: 100, seconds: 1 };

/** The local stack under each rate of posts in turn, a new stack each time: no queue is inherited. */
export async function measureLoad(options: LoadOptions): Promise<LoadStep[]> {
  const steps: LoadStep[] = [];
  for (const rate of options.rates) {
    options.onProgress?.(`${rate} posts a second for ${options.seconds} s ...`);
    steps.push(await measureStep(rate, options));
  }
  return steps;
}

async function measureStep(rate: number, { packageDir, seconds }: LoadOptions): Promise<LoadStep> {
  await using stack = await startLocalStack({ packageDir, schedules: false });
  await sendOpenLoop({ ...WARM_UP, url: stack.webhookUrl });
  const before = await cpuTime();
  const begin = performance.now();
  const sent = await sendFromThread({ url: stack.webhookUrl, rate, seconds });
  const elapsed = (performance.now() - begin) / 1_000;
  const after = await cpuTime();
  return {
    rate,
    ...sent,
    stackCpu: (after.thread - before.thread) / elapsed,
    functionsCpu:
      after.children === undefined || before.children === undefined
        ? undefined
        : (after.children - before.children) / elapsed,
  };
}

async function sendFromThread(sending: Sending): Promise<Sent> {
  const worker = new Worker(new URL('sender.ts', import.meta.url), { workerData: sending });
  try {
    const [sent] = (await once(worker, 'message')) as [Sent];
    return sent;
  } finally {
    await worker.terminate();
  }
}
