import { startDeadlines } from '../../lib/messages/deadlines.ts';
import {
  type DeliveryDependencies,
  type DeliveryOutcome,
  deliver,
} from '../../lib/messages/delivery.ts';
import type { Acceptance, QuarantineEntry } from '../../lib/messages/quarantine.ts';
import type { SmsMessage } from '../../lib/messages/sms-message.ts';
import { type FieldFault, type FieldValues, messageIn, SETTABLE } from './read-quarantined.ts';

/** Whether a conditional write was done. If not, `entry` is the entry in place; undefined if it is gone. */
export type Written =
  | { readonly isDone: true }
  | { readonly isDone: false; readonly entry: QuarantineEntry | undefined };

/**
 * Stores acceptances on their entries. A write that was sent twice, because its answer was lost, counts
 * once.
 */
export interface AcceptanceStore {
  /** Stores the acceptance if the entry exists, is not discarded, and has no other acceptance. */
  begin(id: string, acceptance: Acceptance, deadline?: AbortSignal): Promise<Written>;

  /** Records when the acceptance was finished, epoch ms, if the entry still has this one. */
  finish(id: string, acceptance: Acceptance, at: number, deadline?: AbortSignal): Promise<Written>;

  /** Removes an acceptance that failed. */
  withdraw(id: string, acceptance: Acceptance, deadline?: AbortSignal): Promise<Written>;
}

export interface AcceptanceDependencies {
  readonly acceptances: AcceptanceStore;
  /** The webhook's own, with {@link LEASE_MS}. */
  readonly delivery: DeliveryDependencies;
  /** Waits while another attempt is publishing the message. */
  readonly pause: (ms: number) => Promise<unknown>;
  /** Cancels the current call. */
  readonly signal?: AbortSignal | undefined;
}

/** Why an entry cannot be accepted as it is. */
export type NotAcceptable =
  | { readonly outcome: 'cut' | 'discarded' | 'gone' }
  | { readonly outcome: 'accepted-before'; readonly message_id: string }
  /** Somebody has begun to accept it with other values. */
  | { readonly outcome: 'begun-otherwise'; readonly acceptance: Acceptance }
  | { readonly outcome: 'invalid'; readonly faults: readonly FieldFault[] };

/**
 * The result of accepting an entry:
 * - `duplicate`: the message had been published before.
 * - `in-flight`: another attempt is still publishing the message. The acceptance stays: run it again.
 * - `conflict`: another message, which may be the same one, has the id. The acceptance is removed.
 */
export type AcceptanceResult =
  | NotAcceptable
  | { readonly outcome: DeliveryOutcome; readonly message_id: string };

/** What accepting an entry would do. */
export interface AcceptancePlan {
  readonly message: SmsMessage;
  readonly acceptance: Acceptance;
}

/** How long the claim holds. Longer than one delivery may take. */
export const LEASE_MS = 60_000;
const LIMIT_MS = 30_000;
const RESERVE_MS = { work: 10_000, cleanUp: 0 };
/** Pauses while another attempt is publishing the message: 15 s in all. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000];

/**
 * Makes a message of a quarantined request and delivers it as the webhook does. An entry becomes one
 * message, even if several people accept it. What it becomes is stored before the delivery. If this fails
 * at any point, call it again to continue.
 *
 * @param entry As it was read last.
 * @param values The operator's values. If empty, a begun acceptance continues with its own.
 * @throws {DeliveryFailed} If the table or the topic failed or took too long.
 */
export async function acceptQuarantined(
  entry: QuarantineEntry,
  values: FieldValues,
  { acceptances, delivery, pause, signal }: AcceptanceDependencies,
): Promise<AcceptanceResult> {
  const { quarantine_id } = entry;
  let plan = planAcceptance(entry, values);
  if ('outcome' in plan) return plan;
  const begun = await acceptances.begin(quarantine_id, plan.acceptance, signal);
  if (!begun.isDone) {
    if (!begun.entry) return { outcome: 'gone' };
    // Somebody else was faster. Continue what they began.
    plan = planAcceptance(begun.entry, values);
    if ('outcome' in plan) return plan;
  }
  const { message, acceptance } = plan;
  const outcome = await deliverPatiently(message, delivery, pause, signal);
  if (outcome === 'conflict') {
    await acceptances.withdraw(quarantine_id, acceptance, signal);
    // Only this shows a conflict of a request that was refused for another reason.
    if (isMessageAsSent(entry, acceptance)) {
      const { acceptance: _, ...conflict } = { ...entry, reason: 'conflict' as const };
      return acceptQuarantined(conflict, acceptance.set, { acceptances, delivery, pause, signal });
    }
  }
  if (outcome === 'published' || outcome === 'duplicate') {
    await acceptances.finish(quarantine_id, acceptance, delivery.now(), signal);
  }
  return { outcome, message_id: message.message_id };
}

/**
 * Whether id and fingerprint are the sent ones. Then a stored message with another fingerprint is another
 * message.
 */
function isMessageAsSent(entry: QuarantineEntry, acceptance: Acceptance): boolean {
  const { fingerprint, message_id, set } = acceptance;
  const isSentId = message_id === entry.sent_message_id && set.message_id === undefined;
  return isSentId && fingerprint === entry.fingerprint;
}

/** Returns what {@link acceptQuarantined} would deliver, or why it would not. Writes nothing. */
export function planAcceptance(
  entry: QuarantineEntry,
  values: FieldValues,
): AcceptancePlan | NotAcceptable {
  const { acceptance } = entry;
  if (acceptance && entry.accepted_at !== undefined) {
    return { outcome: 'accepted-before', message_id: acceptance.message_id };
  }
  if (entry.discarded_at !== undefined) return { outcome: 'discarded' };
  if (entry.is_cut) return { outcome: 'cut' };
  if (!acceptance) return planOf(entry, values);

  const isOther =
    Object.keys(values).length > 0 &&
    JSON.stringify(ordered(values)) !== JSON.stringify(acceptance.set);
  if (isOther) return { outcome: 'begun-otherwise', acceptance };
  // A later attempt of the PBX may have changed the reason, and the id depends on it.
  const reason = acceptance.message_id === entry.sent_message_id ? entry.reason : 'conflict';
  const { set, message_id, fingerprint } = acceptance;
  const plan = planOf({ ...entry, reason }, { ...set, message_id });
  if ('outcome' in plan) return plan;
  return { message: { ...plan.message, fingerprint }, acceptance };
}

function planOf(entry: QuarantineEntry, values: FieldValues): AcceptancePlan | NotAcceptable {
  const read = messageIn(entry, values);
  if ('faults' in read) return { outcome: 'invalid', ...read };
  const { message_id, fingerprint } = read.message;
  return { ...read, acceptance: { message_id, fingerprint, set: ordered(values) } };
}

/** In a fixed order, so that the same values are stored as the same text. */
function ordered(values: FieldValues): Record<string, string> {
  return Object.fromEntries(
    SETTABLE.flatMap((field) => {
      const value = values[field];
      return value === undefined ? [] : [[field, value]];
    }),
  );
}

/** Tries again while another attempt is publishing the message. */
async function deliverPatiently(
  message: SmsMessage,
  delivery: DeliveryDependencies,
  pause: AcceptanceDependencies['pause'],
  signal: AbortSignal | undefined,
): Promise<DeliveryOutcome> {
  for (const ms of [...PAUSES_MS, undefined]) {
    using limits = startDeadlines(LIMIT_MS, RESERVE_MS);
    // A published message is marked even after the signal.
    const work = signal ? AbortSignal.any([limits.work, signal]) : limits.work;
    const { outcome } = await deliver(message, delivery, { work, cleanUp: limits.cleanUp });
    if (outcome !== 'in-flight' || ms === undefined) return outcome;
    await pause(ms);
  }
  return 'in-flight';
}
