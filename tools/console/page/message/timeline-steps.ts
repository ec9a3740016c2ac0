import type { Attempt, AwsCallView, TimelineEvent } from '../../protocol.ts';

type Delivered = Extract<TimelineEvent, { kind: 'delivered' }>;
type Recorded = Extract<TimelineEvent, { kind: 'recorded' }>;

/** A step in the life of a message. */
export type Step =
  | {
      readonly kind: 'requests';
      /** When the first of them came. */
      readonly at: number;
      /** Several, if they were under way at once. */
      readonly attempts: readonly Attempt[];
      /** What the function did meanwhile: of several requests nobody can tell whose it was. */
      readonly calls: readonly AwsCallView[];
    }
  | {
      /** Without a request: the sweeper, or a function that went on when nobody waited any more. */
      readonly kind: 'background';
      readonly at: number;
      readonly calls: readonly AwsCallView[];
    }
  | Delivered
  | Recorded;

/** The clocks of a gateway and a proxy in one process differ by rounding only. */
const TOLERANCE_MS = 5;
/** Calls that are further apart are not one run of the sweeper. */
const RUN_GAP_MS = 2_000;

/** The events of a message as steps, in order of time: each request with the calls behind it. */
export function stepsOf(events: readonly TimelineEvent[]): Step[] {
  const requests = clustersOf(events.filter((event) => event.kind === 'attempt'));
  const background: AwsCallView[] = [];
  const behind = requests.map((): AwsCallView[] => []);
  for (const call of inOrder(events.filter((event) => event.kind === 'call'))) {
    const index = requests.findIndex(
      ({ at, end }) => call.at >= at - TOLERANCE_MS && call.at <= end + TOLERANCE_MS,
    );
    (behind[index] ?? background).push(call);
  }
  const steps: Step[] = [
    ...requests.map(({ at, attempts }, index): Step => {
      return { kind: 'requests', at, attempts, calls: behind[index] ?? [] };
    }),
    ...runsOf(background, requests),
    ...events.filter((event) => event.kind === 'delivered' || event.kind === 'recorded'),
  ];
  return inOrder(steps);
}

interface Cluster {
  readonly at: number;
  end: number;
  readonly attempts: Attempt[];
}

/** Requests that were under way at once, together. */
function clustersOf(attempts: readonly Attempt[]): Cluster[] {
  const clusters: Cluster[] = [];
  const byStart = attempts.toSorted((a, b) => startOf(a) - startOf(b) || a.at - b.at);
  for (const attempt of byStart) {
    const last = clusters.at(-1);
    if (last && startOf(attempt) < last.end) {
      last.attempts.push(attempt);
      last.end = Math.max(last.end, attempt.at);
    } else {
      clusters.push({ at: startOf(attempt), end: attempt.at, attempts: [attempt] });
    }
  }
  for (const { attempts: together } of clusters) together.sort((a, b) => a.at - b.at);
  return clusters;
}

function startOf({ at, ms }: Attempt): number {
  return at - ms;
}

/** Calls in the background, by run: a pause or a request between them makes another one. */
function runsOf(calls: readonly AwsCallView[], requests: readonly Cluster[]): Step[] {
  const runs: { kind: 'background'; at: number; calls: AwsCallView[] }[] = [];
  let last: AwsCallView | undefined;
  for (const call of calls) {
    const since = last?.at ?? Number.NEGATIVE_INFINITY;
    const isInterrupted = requests.some(({ at }) => at > since && at <= call.at);
    const run = call.at - since <= RUN_GAP_MS && !isInterrupted ? runs.at(-1) : undefined;
    if (run) run.calls.push(call);
    else runs.push({ kind: 'background', at: call.at, calls: [call] });
    last = call;
  }
  return runs;
}

function inOrder<Item extends { readonly at: number }>(items: readonly Item[]): Item[] {
  return items.toSorted((a, b) => a.at - b.at);
}
