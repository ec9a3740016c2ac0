/** The times of a message. */
interface Timed {
  /** Epoch seconds. */
  readonly timestamp?: number;
  /** Epoch ms. */
  readonly received_at: number;
  /** Epoch ms. */
  readonly published_at?: number;
}

/**
 * A published message counts as late from this delay on, ms. It is the minute after which the sweeper takes
 * over from the PBX (docs/guarantee.md).
 */
export const LATE_MS = 60_000;

/** A larger difference comes from a wrong clock or a test form, and is no delay. */
const MAX_DELAY_MS = 7 * 86_400_000;

/**
 * When the PBX received a message, by its own clock in whole seconds, epoch ms. Undefined if the message
 * has no such time, or one that is weeks away from when the webhook received it.
 */
export function sentAt({ timestamp, received_at }: Timed): number | undefined {
  if (timestamp === undefined) return undefined;
  const at = timestamp * 1_000;
  return Math.abs(received_at - at) <= MAX_DELAY_MS ? at : undefined;
}

/** The time from receipt by the PBX, or else by the webhook, to publishing, ms. */
export function latenessOf(message: Timed): number | undefined {
  const { received_at, published_at } = message;
  if (published_at === undefined) return undefined;
  return Math.max(0, published_at - Math.min(received_at, sentAt(message) ?? received_at));
}
