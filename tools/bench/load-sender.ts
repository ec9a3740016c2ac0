import { Agent } from 'node:http';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { postForm, smsForm, TYPICAL } from './sms.ts';

const REAL_TIME = {
  now: () => performance.now(),
  wait: (milliseconds: number): Promise<unknown> => delay(milliseconds),
};

export interface Sending {
  readonly url: string;
  /** Posts a second. */
  readonly rate: number;
  readonly seconds: number;
}

/** What became of the posts. Times are in ms. */
export interface Sent {
  readonly posts: number;
  /** How many were answered with each status; 0: the connection broke. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Answered 200 per second, from when the first post was due to the last answer. */
  readonly delivered: number;
  /** From when a post was due to its answer. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
  /** How late the sender itself was, at the 99th percentile: its share of the latency. */
  readonly lateness: number;
}

/**
 * Posts messages at a fixed rate, however slow the answers are, each on a connection of its own if
 * need be. Latency counts from when a post was due. A sender that waits for answers, or counts from
 * when it got round to sending, leaves out just the time that a slow service costs its callers
 * (coordinated omission).
 */
export async function sendOpenLoop(
  { url, rate, seconds }: Sending,
  clock = REAL_TIME,
): Promise<Sent> {
  const agent = new Agent({ keepAlive: true });
  const { pathname } = new URL(url);
  const latency = createHistogram();
  const lateness = createHistogram();
  const statuses: Record<number, number> = {};
  const posts = Math.max(1, Math.round(rate * seconds));
  const answers: Promise<void>[] = [];
  const begin = clock.now();
  let lastAnswerAt = begin;
  for (let n = 0; n < posts; n++) {
    const dueAt = begin + (n * 1_000) / rate;
    const early = dueAt - clock.now();
    if (early > 0) await clock.wait(early);
    lateness.record(microseconds(clock.now() - dueAt));
    answers.push(
      postForm(url, smsForm(TYPICAL, pathname), agent).then((status) => {
        lastAnswerAt = clock.now();
        statuses[status] = (statuses[status] ?? 0) + 1;
        latency.record(microseconds(lastAnswerAt - dueAt));
      }),
    );
  }
  await Promise.all(answers);
  agent.destroy();
  return {
    posts,
    statuses,
    delivered: ((statuses[200] ?? 0) * 1_000) / (lastAnswerAt - begin),
    latency: {
      p50: latency.percentile(50) / 1_000,
      p99: latency.percentile(99) / 1_000,
      max: latency.max / 1_000,
    },
    lateness: lateness.percentile(99) / 1_000,
  };
}

/** A histogram takes whole numbers from 1 on. */
function microseconds(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds * 1_000));
}

// As a thread of its own: in the stack's thread the sender would wait for what it measures.
if (workerData?.sending) parentPort?.postMessage(await sendOpenLoop(workerData.sending));
