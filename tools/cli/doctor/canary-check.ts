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

/**
 * Sends a message through all of it, and takes it away again.
 *
 * @param to One of the numbers that may receive, where that is limited.
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
      // Whatever happened, and also if it was stopped: it may have been stored.
      findings.push(await remove(id, stack, queue));
    }
    return findings;
  });

/**
 * The number that the canary is sent to, or why none is known. The webhook counts a number that may not
 * receive as a lost message, and an alarm goes off. So this is decided before anything is posted.
 *
 * @param outputs The stack's. infra/api.js says what `AllowedSmsNumbers` holds.
 * @param to What the user has named.
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
    `Name it as it stands there, such as --to ${first}, or leave --to out.`,
  );
}

/** Hop by hop. Times are each measured by one clock: this machine's and the function's may differ. */
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
          'it was answered 200, and is not stored as published',
          `See it: ${calledOn(stack, `show ${id}`)}. Look at the logs of the webhook.`,
        )
      : stored.ok('stored and published', published_at - received_at),
    deliveryFinding(hasArrived, stack, ms),
  ];
}

/** Each refused post counts, and it would be refused again. 429 is the throttle's. */
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
  const hint = 'docs/errors.md says what it means; the logs of the webhook say more.';
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
    'AWS may take 15 minutes to set up the filter of a new queue, so this does not mean that your subscribers miss anything: see `subscription` and `alarms` above. If it stays so for hours, look at the policy of the topic and of its key.';
  return warning(detail, hint, ms);
}

async function remove(id: string, stack: Stack, queue: TailQueue): Promise<Finding> {
  const { ok, warning } = findingsOf('canary removed');
  const hint = `To delete the message: ${calledOn(stack, `forget ${CANARY_SENDER} --pending`)}. The next \`tail\` deletes its queue.`;
  try {
    const erase = await messageEraser(stack, { isPendingToo: true });
    const removals = [erase(id), queue[Symbol.asyncDispose]()] as const;
    // Both are awaited, also if one fails: the clients are closed after that.
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
