import { randomUUID } from 'node:crypto';
import { parseSmsNumbers } from '../../../lib/http/allow-lists.ts';
import { FICTITIOUS, pbxFields } from '../../pbx-simulator/request.ts';
import { type PbxAttempt, sendAsPbx } from '../../pbx-simulator/simulator.ts';
import { calledOn } from '../command.ts';
import { explainError } from '../explain-error.ts';
import { messageEraser } from '../sender-messages.ts';
import { webhookUrlOf } from '../sending.ts';
import type { Stack } from '../stack.ts';
import { TailQueue } from '../tail-queue.ts';
import { CANARY_ID } from '../token-uses.ts';
import { check, type Finding, findingsOf } from './check.ts';

/** The sender of the canary. Subscribers can filter by it. */
export const CANARY_SENDER = 'inbound-sms-doctor';
const BODY = 'This is a test by inbound-sms doctor: nobody needs to answer.';

/** Fewer attempts than the PBX makes: the first should work. */
const RETRY = { attempts: 3, delayMs: 2_000, unless: isRefused };
/**
 * Long enough for most new subscriptions. AWS documents that a filter may need 15 minutes, so a longer wait would
 * prove nothing.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
const DELIVERY_LIMIT_MS = 30_000;

/**
 * Sends a message through the whole stack, and removes it.
 *
 * @param to One of the numbers that may receive, if only some may.
 */
export const canaryCheck = (to: string | undefined) =>
  check('canary', async ({ stack, signal }) => {
    const number = canaryNumber(stack.outputs, to);
    if (typeof number !== 'string') return number;
    const id = `${CANARY_ID}${randomUUID()}`;
    const clients = { sns: await stack.clients.sns(), sqs: await stack.clients.sqs() };
    const queue = await TailQueue.open(clients, {
      stackName: stack.name,
      topicArn: stack.topicArn,
      filterPolicy: { from: [CANARY_SENDER], message_id: [id] },
    });
    let findings: Finding[] = [];
    try {
      findings = await follow(id, number, stack, queue, signal);
    } finally {
      // In any case, also after Ctrl-C: the message may be stored.
      findings.push(await remove(id, stack, queue));
    }
    return findings;
  });

/**
 * The number that the canary is sent to, or why none is known. A post to a number that may not receive would set
 * off an alarm, so this is decided before the post.
 *
 * @param outputs The stack's outputs. infra/api.js describes `AllowedSmsNumbers`.
 * @param to The number of `--to`.
 */
function canaryNumber(
  { AllowedSmsNumbers: allowed }: Stack['outputs'],
  to: string | undefined,
): string | Finding {
  const { skipped } = findingsOf('canary');
  if (allowed === undefined) {
    const hint = 'Name one of your numbers with --to, or deploy this version of the service.';
    return to ?? skipped('the stack does not say which numbers may receive', hint);
  }
  if (allowed === 'any') return to ?? FICTITIOUS.sms_number;
  const isShortened = allowed.endsWith(',...');
  const numbers = allowed.replace(/,\.\.\.$/, '');
  const [first = ''] = numbers.split(',');
  if (to === undefined || isShortened || parseSmsNumbers(numbers)(to)) return to ?? first;
  return skipped(
    `${to} is not in allowedSmsNumbers`,
    `Write it as there, such as --to ${first}, or leave --to out.`,
  );
}

/** Follows the message. Each time is measured by one clock: this machine's and the function's may differ. */
async function follow(
  id: string,
  number: string,
  stack: Stack,
  queue: TailQueue,
  signal: AbortSignal,
): Promise<Finding[]> {
  const url = await webhookUrlOf(stack);
  const form = { from: CANARY_SENDER, sms_number: number, body: BODY, message_id: id };
  const begin = performance.now();
  const { delivered, attempts } = await sendAsPbx({
    url,
    fields: pbxFields(url, form),
    retry: RETRY,
    headers: stack.edgeHeaders,
    signal,
  });
  const answered = answerFinding(attempts);
  if (!delivered) return [answered];

  const hasArrived = await arrival(id, queue, signal);
  const ms = Math.round(performance.now() - begin);
  const archive = await stack.archive();
  const { received_at = 0, published_at } = (await archive.find(id, { signal })) ?? {};
  const stored = findingsOf('canary stored');
  return [
    answered,
    published_at === undefined
      ? stored.failed(
          'it was answered 200, but is not stored as published',
          `See it: ${calledOn(stack, `show ${id}`)}. Look at the logs of the webhook.`,
        )
      : stored.ok('stored and published', published_at - received_at),
    deliveryFinding(hasArrived, stack, ms),
  ];
}

/** A refused post is not repeated: each one counts for an alarm. 429 comes from the throttle, and is repeated. */
function isRefused(attempt: PbxAttempt): boolean {
  return 'status' in attempt && /^4(?!29)/.test(String(attempt.status));
}

function answerFinding(attempts: readonly PbxAttempt[]): Finding {
  const { ok, warning, failed, skipped } = findingsOf('canary answered');
  const last = attempts.at(-1);
  const ms = last?.ms ?? 0;
  if (!last || 'error' in last)
    return failed(`no answer: ${last?.error}`, 'Check the network.', ms);
  const { status, body } = last;
  if (status === 200) {
    return attempts.length > 1
      ? warning(`200, at attempt ${attempts.length}`, '', ms)
      : ok('200', ms);
  }
  if (body.includes('number-not-allowed')) {
    const hint =
      'Name one of your numbers with --to. This post counts as a refused one: if the alarm refused-messages goes off, no message is lost.';
    return skipped('the number is not in allowedSmsNumbers', hint, ms);
  }
  const hint = 'See docs/errors.md, and the logs of the webhook.';
  return failed(`${status} instead of 200`, hint, ms);
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

function deliveryFinding(hasArrived: boolean, { isLocal }: Stack, ms: number): Finding {
  const { ok, warning, failed } = findingsOf('canary delivered');
  if (hasArrived) return ok('it arrived at a subscribed queue', ms);
  const detail = 'it did not arrive at a new queue within 30 s';
  if (isLocal) return failed(detail, 'Start `npm start` again.', ms);
  const hint =
    'AWS may take 15 minutes to set up the filter of a new queue, so your subscribers may miss nothing: see `subscription` and `alarms` above. If this stays for hours, check the policies of the topic and of its key.';
  return warning(detail, hint, ms);
}

async function remove(id: string, stack: Stack, queue: TailQueue): Promise<Finding> {
  const { ok, warning } = findingsOf('canary removed');
  const hint = `To delete the message: ${calledOn(stack, `forget ${CANARY_SENDER} --pending`)}. The next \`tail\` deletes its queue.`;
  try {
    const erase = await messageEraser(stack, { isPendingToo: true });
    const removals = [erase(id), queue[Symbol.asyncDispose]()] as const;
    // Waits for both, even if one fails, because the clients are closed after that.
    await Promise.allSettled(removals);
    const [erasure] = await Promise.all(removals);
    if (erasure === 'erased') return ok('nothing of it is left');
    return warning('the message was stored after its removal', hint);
  } catch (error) {
    const explained = explainError(error);
    if (!explained) throw error;
    return warning(explained.message, hint);
  }
}
