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
 * From here on a published message counts as late, ms: a minute, after which the sweeper takes over from the PBX
 * (docs/guarantee.md).
 */
export const LATE_MS = 60_000;

/** A clock or a test form that is further off says nothing of a delay. */
const MAX_DELAY_MS = 7 * 86_400_000;

/**
 * When the PBX received a message, by its own clock in whole seconds, epoch ms. Nothing, if the message has no such
 * time, or one that is weeks away from when it reached the webhook.
 */
export function sentAt({ timestamp, received_at }: Timed): number | undefined {
  if (timestamp === undefined) return undefined;
  const at = timestamp * 1_000;
  return Math.abs(received_at - at) <= MAX_DELAY_MS ? at : undefined;
}

/** How long after the PBX, or else the webhook, received it a message was published, ms. */
export function latenessOf(message: Timed): number | undefined {
  const { received_at, published_at } = message;
  if (published_at === undefined) return undefined;
  return Math.max(0, published_at - Math.min(received_at, sentAt(message) ?? received_at));
}
