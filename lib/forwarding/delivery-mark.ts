/**
 * What the record of a message says of its delivery to one subscriber. A mark without `delivered_at` is of
 * failed attempts. After the first delivery, only what replays came to changes.
 */
export interface DeliveryMark {
  /** When the subscriber first accepted it, epoch ms. */
  readonly delivered_at?: number;
  /** When it accepted the latest replay, epoch ms. */
  readonly replayed_at?: number;
  /** Attempts until it was first delivered, or so far, since the message came into the subscriber's queue. */
  readonly attempts: number;
  /** When the first attempt failed, epoch ms. */
  readonly failed_at?: number;
  /** Why the latest failed attempt did: an HTTP status such as `500`, or `timeout`, `secret missing`, ... */
  readonly reason?: string;
  /** When it was given up and went to the dead-letter queue, epoch ms. */
  readonly dead_at?: number;
  /** When the latest failed attempt of a replay was marked, epoch ms. A replay that is accepted clears it. */
  readonly replay_failed_at?: number;
  /** Attempts of this replay so far, since it came into the subscriber's queue. */
  readonly replay_attempts?: number;
  /** Why the latest of them failed. */
  readonly replay_reason?: string;
  /** When this replay was given up, epoch ms. */
  readonly replay_dead_at?: number;
}

/** By the subscriber's name. */
export type DeliveryMarks = Readonly<Record<string, DeliveryMark>>;

interface MarkedAttempt {
  /** 1 for the first. */
  readonly number: number;
  /** Epoch ms. */
  readonly now: number;
}

/** The mark after a delivery. It keeps what was marked of failures before the first one. */
export function markDelivered(
  before: DeliveryMark | undefined,
  { number, now, isReplay }: MarkedAttempt & { readonly isReplay: boolean },
): DeliveryMark {
  if (before?.delivered_at !== undefined) {
    return { ...withoutFailedReplay(before), replayed_at: now };
  }
  return {
    ...before,
    attempts: number,
    delivered_at: now,
    ...(isReplay && { replayed_at: now }),
  };
}

/**
 * The mark after a failure. If the message was delivered before, a replay of it has failed. A message that
 * is tried again is not given up any more.
 */
export function markFailed(
  before: DeliveryMark | undefined,
  {
    number,
    now,
    reason,
    isDead,
  }: MarkedAttempt & { readonly reason: string; readonly isDead: boolean },
): DeliveryMark {
  if (before?.delivered_at !== undefined) {
    return {
      ...withoutFailedReplay(before),
      ...{ replay_attempts: number, replay_failed_at: now, replay_reason: reason },
      ...(isDead && { replay_dead_at: now }),
    };
  }
  const { dead_at: _, ...rest }: Partial<DeliveryMark> = before ?? {};
  return {
    ...rest,
    attempts: number,
    failed_at: rest.failed_at ?? now,
    reason,
    ...(isDead && { dead_at: now }),
  };
}

/** A mark without what it says of failed replays. */
function withoutFailedReplay(mark: DeliveryMark): DeliveryMark {
  const { replay_failed_at, replay_attempts, replay_reason, replay_dead_at, ...rest } = mark;
  return rest;
}
