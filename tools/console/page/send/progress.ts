import type { PbxDelivery, PbxDeliveryAttempt } from '../../protocol.ts';

/** The PBX gives up after so many, and e-mails the message. */
export const MAX_ATTEMPTS = 10;

/** One of the ten attempts that a message has. */
export type Step = 'accepted' | 'failed' | 'under way' | 'not needed';

/** All ten, in order. */
export function stepsOf({ attempts, state }: PbxDelivery): readonly Step[] {
  return Array.from({ length: MAX_ATTEMPTS }, (_, index): Step => {
    const attempt = attempts[index];
    if (attempt) return attempt.status === 200 ? 'accepted' : 'failed';
    return state === 'under way' && index === attempts.length ? 'under way' : 'not needed';
  });
}

/** How far it is, in a few words. */
export function progressOf({ attempts, state }: PbxDelivery): string {
  const count = attempts.length;
  if (state === 'delivered') {
    return count === 1 ? 'Delivered at the first attempt' : `Delivered at attempt ${count}`;
  }
  if (state === 'e-mailed') return `E-mailed after ${count} attempts`;
  return `Attempt ${Math.min(count + 1, MAX_ATTEMPTS)} of ${MAX_ATTEMPTS}`;
}

/** What came back: the status, or that nothing did. */
export function statusOf({ status }: PbxDeliveryAttempt): string {
  return status === undefined ? 'No answer' : String(status);
}

/** Of several: `3 delivered, 1 under way`. */
export function summaryOf(deliveries: readonly PbxDelivery[]): string {
  const states = ['delivered', 'under way', 'e-mailed'] as const;
  return states
    .map((state) => ({ state, count: deliveries.filter((one) => one.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${state}`)
    .join(', ');
}
