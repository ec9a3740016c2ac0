import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '../../../lib/forwarding/forwarding-ports.ts';
import { toHttps } from '../../../lib/forwarding/https.ts';
import type { Outgoing } from '../../../lib/forwarding/outgoing.ts';
import { post } from '../../../lib/forwarding/post.ts';
import type { HeardMessage } from './heard-message.ts';

/** How messages are posted: as the forwarder does for a subscriber of the kind https, or as SNS does. */
export const POST_FORMATS = ['https', 'sns'] as const;
export type PostFormat = (typeof POST_FORMATS)[number];

export interface ReceiverOptions {
  readonly url: string;
  readonly format: PostFormat;
  /** Base64, with or without `whsec_`. */
  readonly secret: string;
  readonly topicArn: string;
  /** Called once when nothing listens at the URL, before it waits. */
  readonly onUnreachable: (fault: string) => void;
  readonly signal: AbortSignal;
}

export interface Exchange {
  readonly answer: Answer;
  readonly ms: number;
}

/** A breakpoint may hold the receiver for long. */
const LIMITS = { answerMs: 600_000, drainMs: 1_000 };
/** The receiver did not get the request. */
const UNREACHABLE = /^(connection refused|host not found|host unreachable)$/;
const RETRY_MS = 1_000;

/**
 * Posts a message once. If nothing listens at the URL, as while a server restarts, it waits until something does.
 *
 * @throws The signal's reason once it has aborted.
 */
export async function deliver(
  message: HeardMessage,
  { signal, onUnreachable, ...options }: ReceiverOptions,
): Promise<Exchange> {
  for (let isFirst = true; ; isFirst = false) {
    const began = performance.now();
    const answer = await post(requestOf(message, options), signal, LIMITS);
    signal.throwIfAborted();
    const ms = Math.round(performance.now() - began);
    if (!('fault' in answer && UNREACHABLE.test(answer.fault))) return { answer, ms };
    if (isFirst) onUnreachable(answer.fault);
    await delay(RETRY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function requestOf(
  message: HeardMessage,
  { url, format, secret, topicArn }: Omit<ReceiverOptions, 'signal' | 'onUnreachable'>,
): Extract<Outgoing, { kind: 'post' }> {
  if (format === 'sns') {
    return {
      kind: 'post',
      url,
      headers: snsHeaders(message, topicArn),
      body: message.notification,
    };
  }
  const subscriber = { name: 'listen', kind: 'https', url, secret: '' } as const;
  const outgoing = toHttps(message, subscriber, secret, Date.now());
  if (outgoing.kind !== 'post') throw new Error('An https subscriber is posted to');
  return outgoing;
}

/** https://docs.aws.amazon.com/sns/latest/dg/http-header.html */
function snsHeaders({ snsMessageId }: HeardMessage, topicArn: string) {
  return {
    'content-type': 'text/plain; charset=UTF-8',
    'user-agent': 'Amazon Simple Notification Service Agent',
    'x-amz-sns-message-type': 'Notification',
    'x-amz-sns-message-id': snsMessageId,
    'x-amz-sns-topic-arn': topicArn,
    'x-amz-sns-subscription-arn': `${topicArn}:00000000-0000-0000-0000-000000000000`,
  };
}
