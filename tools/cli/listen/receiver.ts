import { setTimeout as delay } from 'node:timers/promises';
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
  /** Called when a message gets no answer for the first time, before it is posted again. */
  readonly onUnanswered: (fault: string) => void;
  readonly signal: AbortSignal;
}

export interface Exchange {
  /** Of HTTP. */
  readonly status: number;
  readonly ms: number;
}

/** A breakpoint may hold the receiver for long. */
const LIMITS = { answerMs: 600_000, drainMs: 1_000 };
const RETRY_MS = 1_000;

/**
 * Posts a message until it is answered: a server may restart, or crash at this very message. Any answer is final.
 *
 * @throws The signal's reason once it has aborted.
 */
export async function deliver(
  message: HeardMessage,
  { signal, onUnanswered, ...options }: ReceiverOptions,
): Promise<Exchange> {
  for (let isFirst = true; ; isFirst = false) {
    const began = performance.now();
    const answer = await post(requestOf(message, options), signal, LIMITS);
    signal.throwIfAborted();
    const ms = Math.round(performance.now() - began);
    if (!('fault' in answer)) return { status: answer.status, ms };
    if (isFirst) onUnanswered(answer.fault);
    await delay(RETRY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function requestOf(
  message: HeardMessage,
  { url, format, secret, topicArn }: Omit<ReceiverOptions, 'signal' | 'onUnanswered'>,
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
