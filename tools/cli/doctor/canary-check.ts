import { randomUUID } from 'node:crypto';
import { pbxFields } from '../../pbx-simulator/request.ts';
import { type PbxAttempt, sendAsPbx } from '../../pbx-simulator/simulator.ts';
import { explainError } from '../explain-error.ts';
import { webhookUrlOf } from '../send-options.ts';
import { messageEraser } from '../sender-messages.ts';
import type { Stack } from '../stack.ts';
import { TailQueue } from '../tail-queue.ts';
import { canaryNumber } from './canary-number.ts';
import { type Check, type Finding, finding } from './finding.ts';

/** Who the canary is from: subscribers can leave it out by this. */
export const CANARY_SENDER = 'inbound-sms-doctor';
const BODY = 'This is a test by inbound-sms doctor: nobody needs to answer.';

/** In a row, as the PBX would, but fewer: it ought to work the first time. */
const RETRY = { attempts: 3, delayMs: 2_000, unless: isRefused };
/**
 * What a new subscription needs as a rule. AWS documents that its filter may need 15 minutes, so to wait for
 * longer in vain says nothing.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
const DELIVERY_LIMIT_MS = 30_000;

export interface CanaryOptions {
  /** One of the numbers that may receive, where that is limited. */
  readonly to: string | undefined;
}

/** Sends a message through all of it, and takes it away again. */
export function canaryCheck(stack: Stack, { to }: CanaryOptions, signal: AbortSignal): Check {
  return {
    name: 'canary',
    run: async () => {
      const number = canaryNumber(stack.outputs, to);
      if (typeof number !== 'string') return [number];
      const id = `doctor-${randomUUID()}`;
      const clients = { sns: await stack.clients.sns(), sqs: await stack.clients.sqs() };
      const queue = await TailQueue.open(clients, {
        stackName: stack.name,
        topicArn: stack.topicArn,
        filterPolicy: { from: [CANARY_SENDER], message_id: [id] },
      });
      const findings: Finding[] = [];
      try {
        findings.push(...(await follow(id, number, stack, queue, signal)));
      } finally {
        // Whatever happened, and also if it was stopped: it may have been stored.
        findings.push(...(await remove(id, stack, queue)));
      }
      return findings;
    },
  };
}

/** Hop by hop. Times are each measured by one clock: this machine's and the function's may differ. */
async function follow(
  id: string,
  number: string,
  stack: Stack,
  queue: TailQueue,
  signal: AbortSignal,
): Promise<Finding[]> {
  const url = webhookUrlOf(stack);
  const fields = pbxFields(url, {
    from: CANARY_SENDER,
    sms_number: number,
    body: BODY,
    message_id: id,
  });
  const begin = performance.now();
  const { delivered, attempts } = await sendAsPbx({
    url,
    fields,
    retry: RETRY,
    headers: stack.edgeHeaders,
    signal,
  });
  const answered = answerFinding(attempts);
  if (!delivered) return [answered];

  const arrived = await arrival(id, queue, signal);
  const ms = Math.round(performance.now() - begin);
  const archive = await stack.archive();
  const message = await archive.find(id, { signal });
  const stored =
    message?.published_at === undefined
      ? finding('canary stored', 'failed', 'it was answered 200, and is not stored as published', {
          hint: `See it with \`show ${id}\`, and look at the logs of the webhook.`,
        })
      : finding('canary stored', 'ok', 'stored and published', {
          ms: message.published_at - message.received_at,
        });
  const subscribed = arrived
    ? finding('canary delivered', 'ok', 'it arrived at a subscribed queue', { ms })
    : notArrived(stack, ms);
  return [answered, stored, subscribed];
}

/** Each refused post counts, and it would be refused again. 429 is the throttle's. */
function isRefused(attempt: PbxAttempt): boolean {
  return 'status' in attempt && /^4(?!29)/.test(String(attempt.status));
}

function notArrived({ isLocal }: Stack, ms: number): Finding {
  const [name, detail] = ['canary delivered', 'it did not arrive at a new queue within 30 s'];
  if (isLocal) return finding(name, 'failed', detail, { ms, hint: 'Start `npm start` again.' });
  const hint =
    'AWS may take 15 minutes to set up the filter of a new queue, so this does not mean that your subscribers miss anything: see `subscription` and `alarms` above. If it stays so for hours, look at the policy of the topic and of its key.';
  return finding(name, 'warning', detail, { ms, hint });
}

function answerFinding(attempts: readonly PbxAttempt[]): Finding {
  const name = 'canary answered';
  const last = attempts.at(-1);
  const ms = last?.ms ?? 0;
  if (!last || 'error' in last) {
    return finding(name, 'failed', `no answer: ${last?.error}`, { ms, hint: 'Check the network.' });
  }
  const { status, body } = last;
  if (status === 200) {
    const tries = attempts.length > 1 ? `, at attempt ${attempts.length}` : '';
    return finding(name, attempts.length > 1 ? 'warning' : 'ok', `200${tries}`, { ms });
  }
  if (body.includes('number-not-allowed')) {
    const hint =
      'Name one of your numbers with --to. This post counts as a refused one: if the alarm refused-messages goes off, no message is lost.';
    return finding(name, 'skipped', 'the number is not in allowedSmsNumbers', { ms, hint });
  }
  const hint = 'docs/errors.md says what it means; the logs of the webhook say more.';
  return finding(name, 'failed', `${status} instead of 200`, { ms, hint });
}

async function arrival(id: string, queue: TailQueue, signal: AbortSignal): Promise<boolean> {
  const limit = AbortSignal.timeout(DELIVERY_LIMIT_MS);
  try {
    for (;;) {
      const messages = await queue.receive(AbortSignal.any([signal, limit]));
      if (messages.some((message) => message.includes(id))) return true;
    }
  } catch (error) {
    if (limit.aborted && !signal.aborted) return false;
    throw error;
  }
}

async function remove(id: string, stack: Stack, queue: TailQueue): Promise<Finding[]> {
  const name = 'canary removed';
  const hint = `\`forget ${CANARY_SENDER} --pending\` deletes the message, the next \`tail\` its queue.`;
  try {
    const erase = await messageEraser(stack, { isPendingToo: true });
    // Both are awaited, also if one fails: the clients are closed after that.
    const [erasure, queueRemoval] = await Promise.allSettled([
      erase(id),
      queue[Symbol.asyncDispose](),
    ]);
    for (const removal of [erasure, queueRemoval]) {
      if (removal.status === 'rejected') throw removal.reason;
    }
    if (erasure.status === 'fulfilled' && erasure.value === 'erased')
      return [finding(name, 'ok', 'nothing of it is left')];
    return [finding(name, 'warning', 'the message was stored after its removal', { hint })];
  } catch (error) {
    const explained = explainError(error);
    if (!explained) throw error;
    return [finding(name, 'warning', explained.message, { hint })];
  }
}
