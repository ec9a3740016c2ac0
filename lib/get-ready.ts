import { randomUUID } from 'node:crypto';
import { rehearse } from './aws/rehearsal.ts';
import type { DeliveryDependencies } from './messages/delivery.ts';
import { newRecord } from './messages/message-record.ts';
import { fingerprint } from './messages/sms-message.ts';

/** Time limit for getting ready. */
const WITHIN_MS = 500;

/**
 * Prepares a function for its first message while it starts, when Lambda gives it a whole core. It opens
 * the connections and runs the code that calls AWS once. Nothing is sent, stored or logged.
 * docs/decisions/0057-getting-ready.md
 *
 * Never throws. Gives up after half a second.
 *
 * @param handle Calls AWS with made-up data. It may throw.
 */
export async function getReady(handle: () => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const stopCatching = catchInEvents(() => end());
  const timer = setTimeout(end, WITHIN_MS);
  const rehearsed = rehearse(controller.signal, handle);
  await Promise.race([rehearsed, isOver]).catch(() => {});
  clearTimeout(timer);
  // Abort the rest. It ends in this turn of the event loop.
  controller.abort();
  await new Promise(setImmediate);
  stopCatching();
}

/** An error that Node throws in a socket's event rejects no promise. Uncaught, it would end the process. */
function catchInEvents(onError: () => void): () => void {
  try {
    process.setUncaughtExceptionCaptureCallback(onError);
  } catch {
    // Other code has set a callback or has loaded Node's `domain`.
    return () => {};
  }
  return () => process.setUncaughtExceptionCaptureCallback(null);
}

const TEXTS = { from: '+61400000000', sms_number: '+61400000000', body: 'A made-up message.' };

/**
 * Stores a made-up message and publishes it, but does not mark it. The put loads most of the code that the
 * mark needs. Running the mark, too, costs more time at the start than it saves for the first message.
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
  // In parallel, so that both connections open at the same time.
  await Promise.all([store.putNew(record), topic.publish(toNotification(record))]);
}
