import { randomUUID } from 'node:crypto';
import { rehearse } from './aws/rehearsal.ts';
import type { DeliveryDependencies } from './messages/delivery.ts';
import { newRecord } from './messages/message-record.ts';
import { fingerprint } from './messages/sms-message.ts';

/** How long getting ready may take. */
const WITHIN_MS = 500;

/**
 * Gets a function ready for its first message while it starts, when Lambda gives it a whole core: opens its
 * connections and runs the code that calls AWS once. Nothing is sent, stored or logged.
 * docs/decisions/0057-getting-ready.md
 *
 * Never throws. Gives up after half a second.
 *
 * @param handle Calls AWS for something made up. It may throw.
 */
export async function getReady(handle: () => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const stopCatching = catchInEvents(() => end());
  const timer = setTimeout(end, WITHIN_MS);
  const rehearsed = rehearse(controller.signal, handle);
  await Promise.race([rehearsed, isOver]).catch(() => {});
  clearTimeout(timer);
  // Abort what is not done. It ends in this turn of the event loop.
  controller.abort();
  await new Promise(setImmediate);
  stopCatching();
}

/** What Node throws in an event of a socket reaches no promise, and would end the process. */
function catchInEvents(onError: () => void): () => void {
  try {
    process.setUncaughtExceptionCaptureCallback(onError);
  } catch {
    // Something else has set its own, or has loaded Node's `domain`.
    return () => {};
  }
  return () => process.setUncaughtExceptionCaptureCallback(null);
}

const TEXTS = { from: '+61400000000', sms_number: '+61400000000', body: 'A made-up message.' };

/**
 * Stores a made-up message and publishes it, but does not mark it as published. The put makes most of what a mark
 * needs. The rest takes the start more time than it saves the first message.
 */
export async function deliverMadeUp({
  store,
  topic,
  toNotification,
  now,
  newOwner,
}: DeliveryDependencies): Promise<void> {
  const message = {
    ...TEXTS,
    message_id: randomUUID(),
    extra: {},
    fingerprint: fingerprint(TEXTS),
  };
  const record = newRecord(message, now(), { owner: newOwner(), until: now() });
  // Together, so that both connections are opened at the same time.
  await Promise.all([store.putNew(record), topic.publish(toNotification(record))]);
}
