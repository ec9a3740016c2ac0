/**
 * The state of a message's delivery to one subscriber, in the message's record. A mark without
 * `delivered_at` is about failed attempts. After the first delivery, only the fields about replays change.
 */
export interface DeliveryMark {
  /** When the subscriber first accepted it, epoch ms. */
  readonly delivered_at?: number;
  /** When it accepted the latest replay, epoch ms. */
  readonly replayed_at?: number;
  /** Attempts until the first delivery, or so far, since the message came into the subscriber's queue. */
  readonly attempts: number;
  /** When the first attempt failed, epoch ms. */
  readonly failed_at?: number;
  /** Reason of the latest failure: an HTTP status such as `500`, or `timeout`, `secret missing`, ... */
  readonly reason?: string;
  /** When it was given up and moved to the dead-letter queue, epoch ms. */
  readonly dead_at?: number;
  /** When the latest failure of a replay was marked, epoch ms. An accepted replay clears it. */
  readonly replay_failed_at?: number;
  /** Attempts of this replay so far, since it came into the subscriber's queue. */
  readonly replay_attempts?: number;
  /** Reason of its latest failure. */
  readonly replay_reason?: string;
  /** When this replay was given up, epoch ms. */
  readonly replay_dead_at?: number;
}

/** Marks by the subscriber's name. */
export type DeliveryMarks = Readonly<Record<string, DeliveryMark>>;

interface MarkedAttempt {
  /** 1 for the first. */
  readonly number: number;
  /** Epoch ms. */
  readonly now: number;
}

/** Makes the mark after a delivery. Keeps the failures from before the first delivery. */
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
 * Makes the mark after a failure. If the message was delivered before, a replay has failed. A message that
 * is tried again no longer counts as given up.
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

/** A mark without the fields about failed replays. */
function withoutFailedReplay(mark: DeliveryMark): DeliveryMark {
  const { replay_failed_at, replay_attempts, replay_reason, replay_dead_at, ...rest } = mark;
  return rest;
}
