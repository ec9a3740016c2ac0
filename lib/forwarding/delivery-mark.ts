/**
 * What the record of a message says of its delivery to one subscriber. A mark without `delivered_at` is of
 * failed attempts.
 */
export interface DeliveryMark {
  /** When the subscriber first accepted it, epoch ms. */
  readonly delivered_at?: number;
  /** When it accepted the latest replay, epoch ms. */
  readonly replayed_at?: number;
  /** Attempts so far, since the message came into the subscriber's queue. */
  readonly attempts: number;
  /** When the first attempt failed, epoch ms. */
  readonly failed_at?: number;
  /** Why the latest failed attempt did: an HTTP status such as `500`, or `timeout`, `secret missing`, ... */
  readonly reason?: string;
  /** When it was given up and went to the dead-letter queue, epoch ms. */
  readonly dead_at?: number;
}

/** By the subscriber's name. */
export type DeliveryMarks = Readonly<Record<string, DeliveryMark>>;

interface MarkedAttempt {
  /** 1 for the first. */
  readonly number: number;
  /** Epoch ms. */
  readonly now: number;
}

/** The mark after a delivery. It keeps what was marked of failures before. */
export function markDelivered(
  before: DeliveryMark | undefined,
  { number, now, isReplay }: MarkedAttempt & { readonly isReplay: boolean },
): DeliveryMark {
  return {
    ...before,
    attempts: number,
    delivered_at: before?.delivered_at ?? now,
    ...(isReplay && { replayed_at: now }),
  };
}

/** The mark after a failure. A message that is tried again is not given up any more. */
export function markFailed(
  before: DeliveryMark | undefined,
  {
    number,
    now,
    reason,
    isDead,
  }: MarkedAttempt & { readonly reason: string; readonly isDead: boolean },
): DeliveryMark {
  const { dead_at: _, ...rest }: Partial<DeliveryMark> = before ?? {};
  return {
    ...rest,
    attempts: number,
    failed_at: rest.failed_at ?? now,
    reason,
    ...(isDead && { dead_at: now }),
  };
}
