import type { MessageFormat } from '../../lib/messages/notification.ts';
import type { addresseeOf, KnownSubscriber } from '../archive/addressees.ts';
import type { ArchiveQuery } from '../archive/archive-query.ts';
import { deliveryText } from '../archive/deliveries.ts';
import type { ArchivedMessage, MessageQuery } from '../archive/message-archive.ts';
import type { DeployedSubscriber } from '../shared/subscriber-outputs.ts';
import { printableLine } from '../shared/terminal-text.ts';
import { usageError } from './cli-error.ts';
import { explainError } from './explain-error.ts';
import { messageFormatOf } from './message-options.ts';
import type { Output } from './output.ts';
import type { Stack } from './stack.ts';

/**
 * The stack's subscribers, and which messages each should get. If SNS or SQS cannot be asked about a subscriber, it
 * is still returned, without that. So messages can be shown without SNS and SQS.
 *
 * @param format The format of messages. Default: the stack's.
 */
export function addresseesIn(
  stack: Stack,
  signal: AbortSignal,
  format?: MessageFormat,
): Promise<readonly KnownSubscriber[]> {
  const isExpected = (error: unknown) => !signal.aborted && explainError(error) !== undefined;
  return Promise.all(
    stack.subscribers.map((each) => addressee(stack, each, { signal, isExpected }, format)),
  );
}

async function addressee(
  stack: Stack,
  subscriber: DeployedSubscriber,
  options: Parameters<typeof addresseeOf>[3],
  format?: MessageFormat,
): Promise<KnownSubscriber> {
  const { addresseeOf } = await import('../archive/addressees.ts');
  const clients = { sns: await stack.clients.sns(), sqs: await stack.clients.sqs() };
  return addresseeOf(subscriber, clients, messageFormatOf(stack, format), options);
}

/**
 * A subscriber, and which messages it should get.
 *
 * @throws What AWS throws if SNS or SQS cannot be asked.
 */
export function knownSubscriber(
  stack: Stack,
  subscriber: DeployedSubscriber,
  signal: AbortSignal,
): Promise<KnownSubscriber> {
  return addressee(stack, subscriber, { signal });
}

/**
 * No message that a subscriber should have was received before this time, epoch ms. A message may wait for a day to
 * be published, so a subscriber may get a message that was received before the subscription.
 */
export const firstReceivedFor = ({ createdAt = 0 }: Pick<KnownSubscriber, 'createdAt'>): number =>
  createdAt - MAX_PENDING_MS;

const MAX_PENDING_MS = 86_400_000;

/** Messages that a subscriber should have and has not got. */
export interface Undelivered {
  /** Narrows a query to the undelivered messages. */
  among(query: ArchiveQuery): MessageQuery;
  /** The delivery of a message for `--json`. */
  json(message: ArchivedMessage): Readonly<Record<string, unknown>>;
  /** The same for people: `waiting`, `failing (500)`, `dead (timeout)`. */
  cell(message: ArchivedMessage, output: Pick<Output, 'style'>): string;
}

/**
 * @param name The subscriber's.
 * @throws {CliError} If there is no such subscriber, or if it is a queue of one's own.
 */
export async function undeliveredTo(
  name: string,
  stack: Stack,
  signal: AbortSignal,
): Promise<Undelivered> {
  const subscriber = stack.subscriber(name);
  if (subscriber.kind === 'queue') {
    throw usageError(
      `${name} is a queue of your own: only your code knows what it has handled.`,
      'What it could not handle is in its dead-letter queue, which `subscribers` counts.',
    );
  }
  const known = await knownSubscriber(stack, subscriber, signal);
  const stateOf = (message: ArchivedMessage) => deliveryText(message, known);
  return {
    among: ({ since = 0, ...query }) => ({
      ...query,
      since: Math.max(since, firstReceivedFor(known)),
      where: (message) =>
        // The mark may come from an earlier subscriber of this name.
        known.addressing(message) !== 'before-it' &&
        /^(waiting|failing|dead)$/.test(stateOf(message).state),
    }),
    json(message) {
      const { state, reason } = stateOf(message);
      return { delivery: { subscriber: name, state, ...(reason !== undefined && { reason }) } };
    },
    cell(message, output) {
      const { state, reason } = stateOf(message);
      const text = reason === undefined ? state : `${state} (${printableLine(reason)})`;
      return output.style(state === 'dead' ? 'red' : 'yellow', text);
    },
  };
}
