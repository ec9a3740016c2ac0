import { latenessOf, sentAt } from '../../../shared/lateness.ts';
import { PBX_ATTEMPTS } from '../../lab-protocol.ts';
import type { AwsCallView, MessageDetail, MessageSummary } from '../../protocol.ts';
import { undeliveredTo, WAITING_MS } from '../inbox/undelivered.ts';
import { duration, plural, timeOfDay } from '../ui/format.ts';
import { isExpected, isSweep, reachedAt, type Step, stepsOf } from './timeline-steps.ts';

/** What happened to a message, in one or two sentences. */
export interface Verdict {
  readonly tone: 'good' | 'info' | 'warn' | 'bad';
  readonly text: string;
}

type Known = Pick<MessageDetail, 'summary' | 'timeline' | 'hasCalls'>;

/** A shorter delay is not explained: the PBX's clock has whole seconds. */
const TOLD_MS = 10_000;
const SERVICES = { dynamodb: 'DynamoDB', sns: 'SNS' } as const;

/**
 * Says whether a message is published, why it was late, and what is wrong. It claims only what the timeline shows: a
 * deployed stack logs no calls, and its log may not be readable.
 *
 * @param now Epoch ms.
 */
export function verdictOf({ summary, timeline, hasCalls }: Known, now: number): Verdict {
  const steps = stepsOf(timeline);
  const isPublished = summary.published_at !== undefined;
  const cause = causeOf(steps, summary.published_at);
  const parts = isPublished
    ? publishedParts(summary, steps, cause, {
        hasCalls,
        reached_at: reachedAt(summary, timeline),
      })
    : pendingParts(summary, steps, cause, { now, hasCalls });
  const undelivered = undeliveredTexts(summary, steps, now);
  const replays = new Set(
    steps.flatMap((step) =>
      step.kind === 'replay' || step.kind === 'delivered' ? (step.replay ?? []) : [],
    ),
  );
  const others = [
    ...undelivered,
    ...(replays.size > 0 ? [`Published again by ${plural(replays.size, 'replay')}.`] : []),
    ...(summary.conflicts > 0
      ? [`Id reused: ${plural(summary.conflicts, 'request')} refused.`]
      : []),
  ];
  const isBad = undelivered.length > 0 || summary.conflicts > 0;
  return { tone: isBad ? 'bad' : parts.tone, text: [parts.text, ...others].join(' ') };
}

/** The subscribers that lack a message. Before its timeline is there, the summary has their names. */
function undeliveredTexts(summary: MessageSummary, steps: readonly Step[], now: number): string[] {
  const deliveries = steps.filter((step) => step.kind === 'delivery');
  const unexplained = undeliveredTo(summary, now).filter((name) =>
    deliveries.every(({ subscriber }) => subscriber !== name),
  );
  return [
    ...deliveries.flatMap(({ subscriber, state, text, at }) => {
      if (state === 'failing' || state === 'dead')
        return `Not delivered to ${subscriber}: ${text}.`;
      const isLong = state === 'waiting' && now - at > WAITING_MS;
      return isLong ? `Not delivered to ${subscriber}: waiting for ${duration(now - at)}.` : [];
    }),
    ...unexplained.map((name) => `Not delivered to ${name}.`),
  ];
}

function publishedParts(
  summary: MessageSummary,
  steps: readonly Step[],
  cause: string | undefined,
  { hasCalls, reached_at }: { readonly hasCalls: boolean; readonly reached_at: number },
): Verdict {
  const { received_at, published_at = received_at } = summary;
  const sent = sentAt(summary) ?? reached_at;
  const late = Math.max(latenessOf(summary) ?? 0, published_at - reached_at);
  const who = publisherOf(steps, hasCalls);
  const published = who && `${who} published it`;
  if (late < TOLD_MS) {
    const because = cause ? `: ${[cause, published].filter(Boolean).join('; ')}` : '';
    const time = duration(Math.max(0, published_at - reached_at));
    return { tone: 'good', text: `Published ${time} after it reached the webhook${because}.` };
  }
  const isByPbx = sent < reached_at;
  const since = isByPbx ? 'after the PBX received it' : 'after it reached the webhook';
  const cameLate = reached_at - sent;
  if (cause === undefined && cameLate >= TOLD_MS) {
    const time = duration(Math.max(0, published_at - reached_at));
    const text = `It reached the webhook ${duration(cameLate)} after the PBX received it, and was published ${time} later`;
    return { tone: 'warn', text: `${[text, published].filter(Boolean).join('; ')}.` };
  }
  const because = [cause, published].filter(Boolean).join('; ');
  return {
    tone: 'warn',
    text: `Published ${duration(late)} ${since}${because && `: ${because}`}.`,
  };
}

function pendingParts(
  { state, received_at, claimed_until = 0 }: MessageSummary,
  steps: readonly Step[],
  cause: string | undefined,
  { now, hasCalls }: { readonly now: number; readonly hasCalls: boolean },
): Verdict {
  const why = cause ? ` So far: ${cause}.` : '';
  if (state === 'publishing' && claimed_until > now) {
    const text = `Stored. Claimed by a function until ${timeOfDay(claimed_until)}.${why}`;
    return { tone: 'info', text };
  }
  const attempts = steps.flatMap((step) => (step.kind === 'requests' ? step.attempts : []));
  const own = attempts.filter(({ outcome }) => outcome !== 'conflict');
  // The local stack sees the e-mail. There, ten attempts may be copies of one request.
  const hasGivenUp =
    steps.some(({ kind }) => kind === 'emailed') ||
    (!hasCalls && own.length >= PBX_ATTEMPTS && own.every(({ status }) => status !== 200));
  if (hasGivenUp) {
    const text = `Stored, not published. The PBX has given up and e-mails it. The sweeper goes on.${why}`;
    return { tone: 'bad', text };
  }
  if (state === 'overdue') {
    const text = `Stored, not published for ${duration(Math.max(0, now - received_at))}. Waiting for the PBX's next attempt or the sweeper.${why}`;
    return { tone: 'warn', text };
  }
  return {
    tone: 'info',
    text: `Stored. Waiting for the PBX's next attempt or the sweeper.${why}`,
  };
}

/** Why a message was published late. Undefined if there is no cause, or it is unknown. */
function causeOf(steps: readonly Step[], published_at = Infinity): string | undefined {
  const before = steps.filter(({ at }) => at < published_at);
  const tries = before.filter((step) => step.kind === 'requests' || step.kind === 'background');
  const failures = tries.flatMap(({ calls }) => failuresOf(calls));
  const attemptsOf = Map.groupBy(failures, (text) => text);
  const causes = [...attemptsOf].map(([text, of]) => `${text} in ${plural(of.length, 'attempt')}`);
  if (causes.length > 0) return causes.join(', and ');
  const failed = before
    .flatMap((step) => (step.kind === 'requests' ? step.attempts : []))
    .filter(({ status, outcome }) => status !== 200 && outcome !== 'conflict');
  const last = failed.at(-1);
  if (!last) return undefined;
  const status = last.status === undefined ? 'no answer' : String(last.status);
  return `${plural(failed.length, 'attempt')} failed, the last one with ${last.reason === undefined ? status : `${status}, ${lowerFirst(last.reason)}`}`;
}

/** What went wrong in one attempt: of each service, how its last failing call ended. */
function failuresOf(calls: readonly AwsCallView[]): string[] {
  const failing = calls.filter((call) => !isExpected(call));
  return (['dynamodb', 'sns'] as const).flatMap((service) => {
    const last = failing.findLast((call) => call.service === service);
    return last ? [failureText(last)] : [];
  });
}

function failureText({ service, error = '' }: AwsCallView): string {
  const name = SERVICES[service];
  if (error.includes('killed')) return 'the function was killed';
  if (error.includes('not reachable')) return `${name} could not be reached`;
  if (error.includes('dropped')) return `${name}'s reply was lost`;
  if (/cut off|no answer/.test(error)) return `${name} did not answer in time`;
  return `${name} answered ${error}`;
}

/** Who published a message, if the timeline shows it. */
function publisherOf(steps: readonly Step[], hasCalls: boolean): string | undefined {
  const requests = steps.filter((step) => step.kind === 'requests');
  const own = requests.flatMap(({ attempts }) => attempts);
  const isPublish = ({ operation, status }: AwsCallView) =>
    operation.startsWith('Publish') && status === 200;
  const background = steps.find((step) => step.kind === 'background' && step.calls.some(isPublish));
  if (background?.kind === 'background') {
    return isSweep(background.calls) ? 'the sweeper' : 'a function that continued';
  }
  const place = own.findIndex(({ outcome }) => outcome === 'published');
  // The log of a deployed webhook does not have attempts that API Gateway has refused.
  if (place >= 0) {
    if (place === 0) return undefined;
    return hasCalls ? `attempt ${place + 1}` : 'a later attempt';
  }
  // A deployed webhook logs which request published a message. If none did, the sweeper did.
  const isKnown = !hasCalls && own.length > 0;
  return isKnown ? 'the sweeper' : undefined;
}

/** `SNS` and `DynamoDB` stay as they are. */
function lowerFirst(text: string): string {
  if (/^\w+[A-Z]/.test(text)) return text.replace(/\.$/, '');
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
}
