import { startDeadlines } from '../../lib/messages/deadlines.ts';
import {
  type DeliveryDependencies,
  type DeliveryOutcome,
  deliver,
} from '../../lib/messages/delivery.ts';
import type { Acceptance, QuarantineEntry } from '../../lib/messages/quarantine.ts';
import type { SmsMessage } from '../../lib/messages/sms-message.ts';
import { type FieldFault, type FieldValues, messageIn, SETTABLE } from './read-quarantined.ts';

/** Whether a conditional write was done, and otherwise the entry in place; nothing if it is gone. */
export type Written =
  | { readonly isDone: true }
  | { readonly isDone: false; readonly entry: QuarantineEntry | undefined };

/**
 * Where acceptances are kept: on their entries. A write that was sent twice, because its answer was lost,
 * counts as one.
 */
export interface AcceptanceStore {
  /** Stores the acceptance if the entry is there, is not discarded, and has none or this very one. */
  begin(id: string, acceptance: Acceptance, deadline?: AbortSignal): Promise<Written>;

  /** Records when the acceptance was through, epoch ms, if the entry still has this one. */
  finish(id: string, acceptance: Acceptance, at: number, deadline?: AbortSignal): Promise<Written>;

  /** Takes back an acceptance that has come to nothing. */
  withdraw(id: string, acceptance: Acceptance, deadline?: AbortSignal): Promise<Written>;
}

export interface AcceptanceDependencies {
  readonly acceptances: AcceptanceStore;
  /** Those of the webhook, with {@link LEASE_MS}. */
  readonly delivery: DeliveryDependencies;
  /** Waits while another attempt publishes the message. */
  readonly pause: (ms: number) => Promise<unknown>;
  /** Ends the call that is under way. */
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
 * What became of an entry that was to be accepted:
 * - `duplicate`: the message had been published before.
 * - `in-flight`: another attempt still publishes the message. The acceptance stays: run it again.
 * - `conflict`: another message has the id, and may be the same one. The acceptance is withdrawn.
 */
export type AcceptanceResult =
  | NotAcceptable
  | { readonly outcome: DeliveryOutcome; readonly message_id: string };

/** What accepting an entry would do. */
export interface AcceptancePlan {
  readonly message: SmsMessage;
  readonly acceptance: Acceptance;
}

/** How long the claim holds: longer than one delivery may take. */
export const LEASE_MS = 60_000;
const LIMIT_MS = 30_000;
const RESERVE_MS = { work: 10_000, cleanUp: 0 };
/** The pauses while another attempt publishes the message: 15 s in all. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000];

/**
 * Makes a message of a quarantined request and delivers it as the webhook does. An entry becomes one message,
 * however often it is accepted and by however many. What it becomes is stored before it is delivered. If this
 * ends anywhere, call it again: it goes on from there.
 *
 * @param entry As it was read last.
 * @param values What the operator sets. Without any, an acceptance that was begun goes on as it was.
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
    // Somebody was faster: what they began goes on.
    plan = planAcceptance(begun.entry, values);
    if ('outcome' in plan) return plan;
  }
  const { message, acceptance } = plan;
  const outcome = await deliverPatiently(message, delivery, pause, signal);
  if (outcome === 'conflict') {
    await acceptances.withdraw(quarantine_id, acceptance, signal);
    // Nothing but this tells the conflict of a request that was refused for something else.
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

/** Whether id and fingerprint are those that were sent. Then a message with another fingerprint is another one. */
function isMessageAsSent(entry: QuarantineEntry, acceptance: Acceptance): boolean {
  const { fingerprint, message_id, set } = acceptance;
  const isSentId = message_id === entry.sent_message_id && set.message_id === undefined;
  return isSentId && fingerprint === entry.fingerprint;
}

/** What {@link acceptQuarantined} would deliver, or why it would not. Writes nothing. */
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
  // An attempt of the PBX may have changed the reason since, from which the id follows.
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

/** The same values are stored as the same text. */
function ordered(values: FieldValues): Record<string, string> {
  return Object.fromEntries(
    SETTABLE.flatMap((field) => {
      const value = values[field];
      return value === undefined ? [] : [[field, value]];
    }),
  );
}

/** Tries again while another attempt publishes the message. */
async function deliverPatiently(
  message: SmsMessage,
  delivery: DeliveryDependencies,
  pause: AcceptanceDependencies['pause'],
  signal: AbortSignal | undefined,
): Promise<DeliveryOutcome> {
  for (const ms of [...PAUSES_MS, undefined]) {
    using limits = startDeadlines(LIMIT_MS, RESERVE_MS);
    // What was published is marked also after the signal.
    const work = signal ? AbortSignal.any([limits.work, signal]) : limits.work;
    const { outcome } = await deliver(message, delivery, { work, cleanUp: limits.cleanUp });
    if (outcome !== 'in-flight' || ms === undefined) return outcome;
    await pause(ms);
  }
  return 'in-flight';
}
