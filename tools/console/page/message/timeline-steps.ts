import { PBX_ATTEMPTS } from '../../lab-protocol.ts';
import type { Attempt, AwsCallView, MessageSummary, TimelineEvent } from '../../protocol.ts';

type Delivered = Extract<TimelineEvent, { kind: 'delivered' }>;
type Delivery = Extract<TimelineEvent, { kind: 'delivery' }>;
type Recorded = Extract<TimelineEvent, { kind: 'recorded' | 'sent' | 'emailed' }>;

/** A step in the life of a message. */
export type Step =
  | {
      readonly kind: 'requests';
      /** The time of the first. */
      readonly at: number;
      /** Several if they ran at the same time. */
      readonly attempts: readonly Attempt[];
      /** The calls of the function meanwhile. With several requests, it is not known whose they are. */
      readonly calls: readonly AwsCallView[];
    }
  | {
      /** Without a request: the sweeper, or a function that continued after the answer. */
      readonly kind: 'background';
      readonly at: number;
      readonly calls: readonly AwsCallView[];
    }
  | {
      /** Published again by a replay. */
      readonly kind: 'replay';
      readonly at: number;
      /** The id of the replay. */
      readonly replay: string;
      readonly calls: readonly AwsCallView[];
    }
  /** With the calls that the forwarder made for it. */
  | (Delivery & { readonly calls: readonly AwsCallView[] })
  | Delivered
  | Recorded;

/** The gateway and the proxy share one process, so their clocks differ only by rounding. */
const TOLERANCE_MS = 5;
/** Calls with a longer gap are different runs of the sweeper. */
const RUN_GAP_MS = 2_000;

/** The events of a message as steps, in order of time. A request has its calls to AWS. */
export function stepsOf(events: readonly TimelineEvent[]): Step[] {
  const requests = requestsOf(events.filter((event) => event.kind === 'attempt'));
  const all = inOrder(events.filter((event) => event.kind === 'call'));
  const replays = Map.groupBy(
    all.filter(({ replay }) => replay !== undefined),
    ({ replay = '' }) => replay,
  );
  const calls = all.filter(({ replay }) => replay === undefined);
  // The forwarder may begin before the request is answered.
  const own = calls.filter(({ subscriber }) => subscriber === undefined);
  const behind = Map.groupBy(own, ({ at }) =>
    requests.find(({ begin, end }) => at >= begin - TOLERANCE_MS && at <= end + TOLERANCE_MS),
  );
  const runs = grouped(behind.get(undefined) ?? [], ({ at }, run) => {
    const since = run.at(-1)?.at ?? at;
    const isInterrupted = requests.some(({ begin }) => begin > since && begin <= at);
    return at - since <= RUN_GAP_MS && !isInterrupted;
  });
  const steps = inOrder([
    ...requests.map((request): Step => {
      const { begin, attempts } = request;
      return { kind: 'requests', at: begin, attempts, calls: behind.get(request) ?? [] };
    }),
    ...runs.map((run): Step => ({ kind: 'background', at: run[0].at, calls: run })),
    ...[...replays].map(
      ([replay, made]): Step => ({ kind: 'replay', at: made[0]?.at ?? 0, replay, calls: made }),
    ),
    ...events
      .filter((event) => event.kind === 'delivery')
      .map((delivery): Step => {
        const { subscriber } = delivery;
        return { ...delivery, calls: calls.filter((call) => call.subscriber === subscriber) };
      }),
    ...events.filter(
      (event) =>
        event.kind === 'delivered' || event.kind === 'recorded' || event.kind === 'emailed',
    ),
  ]);
  // Always first, even if the PBX's clock is ahead.
  return [...events.filter((event) => event.kind === 'sent'), ...steps];
}

/** Whether the sweeper made these calls. Only the sweeper makes calls with the purpose `claim`. */
export function isSweep(calls: readonly AwsCallView[]): boolean {
  return calls.some(({ purpose }) => purpose === 'claim');
}

/** Groups requests that ran at the same time. */
function requestsOf(attempts: readonly Attempt[]) {
  const startOf = ({ at, ms }: Attempt) => at - ms;
  const endOf = (together: readonly Attempt[]) => Math.max(...together.map(({ at }) => at));
  const byStart = attempts.toSorted((a, b) => startOf(a) - startOf(b) || a.at - b.at);
  return grouped(byStart, (attempt, together) => startOf(attempt) < endOf(together)).map(
    (together) => ({
      begin: startOf(together[0]),
      end: endOf(together),
      attempts: inOrder(together),
    }),
  );
}

type Group<Item> = [Item, ...Item[]];

/** Groups items in order: an item joins the group before it if it belongs to it. */
function grouped<Item>(
  items: readonly Item[],
  belongs: (item: Item, group: Group<Item>) => boolean,
): Group<Item>[] {
  const groups: Group<Item>[] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last && belongs(item, last)) last.push(item);
    else groups.push([item]);
  }
  return groups;
}

function inOrder<Item extends { readonly at: number }>(items: readonly Item[]): Item[] {
  return items.toSorted((a, b) => a.at - b.at);
}

/** The outcome of a request, for people. */
interface AttemptText {
  readonly title: string;
  readonly isGood: boolean;
  /** The next step of the PBX. */
  readonly next: string;
}

const RETRIES = 'The PBX tries again.';
const NO_MORE = 'The PBX tries again, and e-mails it after the tenth attempt.';
const TENTH = 'This was the tenth attempt: the PBX e-mails the message to the fallback address.';

/** See lib/http/outcomes.ts. */
const TITLES: Readonly<Record<string, string>> = {
  published: 'Stored and published',
  duplicate: 'Already published (expected)',
  'in-flight': 'Another attempt was publishing the message',
  unavailable: 'Not stored and published in time',
  conflict: 'Refused: another message has this id',
  invalid: 'Refused: the form has faults',
  'not-a-form': 'Refused: not a form',
  'too-large': 'Refused: too large',
  'unknown-token': 'Refused: not the right token',
  'source-not-allowed': 'Refused: address not allowed',
  'number-not-allowed': 'Refused: number not allowed',
  'method-not-allowed': 'Refused: only POST is allowed',
  failed: 'The function failed',
};

/** Titles by status, if the function did not log an outcome. */
const BY_STATUS: Readonly<Record<number, string>> = {
  429: 'Throttled',
  500: 'The function crashed',
  502: 'The function crashed',
  503: 'No answer from the function in time',
  504: 'No answer from the function in time',
};

/** @param nth The number of the PBX's attempt, from 1, if it is known. */
export function attemptText({ status, outcome }: Attempt, nth = 1): AttemptText {
  const isGood = status === 200;
  const title =
    TITLES[outcome ?? ''] ??
    (status === undefined ? 'No answer' : (BY_STATUS[status] ?? (isGood ? 'Accepted' : 'Refused')));
  if (isGood) return { title, isGood, next: 'For the PBX, the message is delivered.' };
  if (nth === PBX_ATTEMPTS) return { title, isGood, next: TENTH };
  const isForGood = status !== undefined && status >= 400 && status < 500 && status !== 429;
  return { title, isGood, next: isForGood ? NO_MORE : RETRIES };
}

/**
 * Whether the result of a call is normal. A failed condition is normal: the item exists already, or another attempt
 * has the claim.
 */
export function isExpected({ error }: Pick<AwsCallView, 'error'>): boolean {
  return error === undefined || error === 'ConditionalCheckFailedException';
}

/** The attempts for a message. An attempt with another text under the same id belongs to another message. */
export function ownAttempts(events: readonly TimelineEvent[]): Attempt[] {
  return events.filter(
    (event) => event.kind === 'attempt' && event.outcome !== 'conflict',
  ) as Attempt[];
}

/**
 * When the first attempt for a message reached the webhook, epoch ms. The record has the time of the first attempt that
 * stored it. Earlier attempts may have been refused, or may have failed.
 */
export function reachedAt(
  { received_at }: Pick<MessageSummary, 'received_at'>,
  events: readonly TimelineEvent[],
): number {
  const before = ownAttempts(events).filter(({ at }) => at < received_at);
  return Math.min(received_at, ...before.map(({ at, ms }) => at - ms));
}

/**
 * The number of each attempt of the PBX, from 1, if it is known. An attempt with another text under the same id
 * belongs to another message. Where a stack sees the e-mail of the PBX, there is no tenth attempt without the e-mail.
 */
export function attemptNumbers(
  steps: readonly Step[],
  seesEmails: boolean,
): ReadonlyMap<Attempt, number> {
  const isEmailed = steps.some(({ kind }) => kind === 'emailed');
  const own = steps
    .flatMap((step) => (step.kind === 'requests' ? step.attempts : []))
    .filter(({ outcome }) => outcome !== 'conflict');
  if (seesEmails && !isEmailed) return new Map(own.slice(0, PBX_ATTEMPTS - 1).map(numbered));
  return new Map(own.map(numbered));
}

const numbered = (attempt: Attempt, index: number) => [attempt, index + 1] as const;
