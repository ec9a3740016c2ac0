import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CANARY_ATTRIBUTE } from '../../lib/forwarding/subscriber.ts';
import type { MessageRecord } from '../../lib/messages/message-record.ts';
import { type Notification, notificationsIn } from '../../lib/messages/notification.ts';
import { readLog } from '../archive/read-log.ts';
import { FICTITIOUS } from '../pbx-simulator/request.ts';
import type { DeployedSubscriber } from '../shared/subscriber-outputs.ts';
import { messageFormatOf } from './message-options.ts';
import type { Stack } from './stack.ts';

/** The prefix of the ids of canaries. They are not stored. */
const PREFIX = 'canary-';
const BODY = 'This is a test';

const POLL_MS = 1_000;
/** The clock of the function may be this much behind this machine's. */
const CLOCKS_MS = 5 * 60_000;

/** The outcome of a canary in the forwarder's log. */
export interface CanaryOutcome {
  /** See lib/forwarding/forward.ts. */
  readonly outcome: string;
  /** HTTP status, if there was an answer. */
  readonly status?: number;
  readonly reason?: string;
}

/**
 * Puts a test message into the queue of one subscriber, as SNS would, in the format of the stack and with one more
 * attribute.
 *
 * @returns Its `message_id`.
 */
export async function sendCanary(
  stack: Pick<Stack, 'clients' | 'name' | 'outputs' | 'isTableOnly'>,
  { queue }: DeployedSubscriber,
  signal: AbortSignal,
): Promise<string> {
  const toNotification = notificationsIn(messageFormatOf(stack, undefined));
  const canary = asCanary(toNotification(canaryRecord(Date.now())));
  const { SubscriberQueue } = await import('../archive/subscriber-queue.ts');
  await new SubscriberQueue(await stack.clients.sqs(), queue).publish(canary, signal);
  return canary.message_id;
}

function asCanary(notification: Notification): Notification {
  const { message_id, conversation, message, subject, attributes } = notification;
  const marked = { ...attributes, [CANARY_ATTRIBUTE]: 'true' };
  return { message_id, conversation, message, subject, attributes: marked };
}

/** @param now Epoch ms. */
function canaryRecord(now: number): MessageRecord {
  return {
    message_id: `${PREFIX}${randomUUID()}`,
    from: FICTITIOUS.from,
    sms_number: FICTITIOUS.sms_number,
    body: BODY,
    timestamp: Math.floor(now / 1_000),
    received_at: now,
    extra: {},
    fingerprint: '',
    requests: 1,
    publish_attempts: 1,
  };
}

/** The outcome of the only attempt. Nothing if the log does not have it in time. */
export async function canaryOutcome(
  stack: Pick<Stack, 'clients' | 'logGroup'>,
  messageId: string,
  limitMs: number,
  signal: AbortSignal,
): Promise<CanaryOutcome | undefined> {
  const client = await stack.clients.logs();
  const began = performance.now();
  const search = {
    group: await stack.logGroup('forwardMessage'),
    since: Date.now() - CLOCKS_MS,
    pattern: `{ $.message_id = "${messageId}" }`,
  };
  for (;;) {
    for await (const { text } of readLog(client, search, signal)) {
      const outcome = outcomeIn(text, messageId);
      if (outcome) return outcome;
    }
    if (performance.now() - began + POLL_MS > limitMs) return undefined;
    await delay(POLL_MS, undefined, { signal });
  }
}

/** Some emulators ignore the pattern, so the line may be of another message. */
function outcomeIn(line: string, messageId: string): CanaryOutcome | undefined {
  try {
    const { message_id, outcome, status, reason } = JSON.parse(line);
    if (message_id !== messageId || typeof outcome !== 'string') return undefined;
    return { outcome, status, reason };
  } catch {
    return undefined;
  }
}
