import { hash } from 'node:crypto';

/** Outcomes for which the request's body is kept. outcomes.ts has a row for each. */
export const QUARANTINE_REASONS = [
  'invalid',
  'not-a-form',
  'too-large',
  'source-not-allowed',
  'number-not-allowed',
  'conflict',
] as const;

export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

/** Whether a request with this outcome is kept. */
export const isQuarantineReason = (outcome: string): outcome is QuarantineReason =>
  QUARANTINE_REASONS.some((reason) => reason === outcome);

/** Limit for a kept body, in bytes. The largest form that can be a message fits. */
export const MAX_KEPT_BYTES = 65_536;

/** A refused request's content, without the tokens of the webhook's URL. */
export interface RefusedRequest {
  readonly quarantine_id: string;
  readonly reason: QuarantineReason;
  /** For `invalid`: the fields and what is wrong with each, as in the log. Holds no value. */
  readonly faults?: string;
  /** The body as it was sent, {@link MAX_KEPT_BYTES} at most. */
  readonly form: Uint8Array;
  /** Visible ASCII. */
  readonly content_type?: string;
  /** More was sent than is kept. Such an entry cannot be accepted. */
  readonly is_cut: boolean;
  /** The form's `message_id`, if it is valid. */
  readonly sent_message_id?: string;
  readonly from?: string;
  readonly sms_number?: string;
  /** The message's, if the form is a message. It covers the sent texts, before tokens are taken out. */
  readonly fingerprint?: string;
}

/**
 * An operator's decision to deliver. It is written before the delivery, and removed only if another message
 * turns out to have the id.
 */
export interface Acceptance {
  readonly message_id: string;
  readonly fingerprint: string;
  /** The values that the operator set for fields of the form. */
  readonly set: Readonly<Record<string, string>>;
}

/** One refused message. The PBX's attempts for it share the entry. */
export interface QuarantineEntry extends Omit<RefusedRequest, 'form'> {
  /** Absent in a discarded entry, as are `content_type`, `from` and `sms_number`. */
  readonly form?: Uint8Array;
  /** The first attempt, epoch ms. */
  readonly received_at: number;
  /** The last attempt, epoch ms. `reason` and `faults` are from it; the rest is from the first. */
  readonly last_received_at: number;
  /** The number of attempts. */
  readonly requests: number;
  /** Lambda's request id of the last attempt, so that a write that the SDK sent twice counts once. */
  readonly last_request: string;
  /** When the entry may be deleted, epoch seconds. */
  readonly expires_at: number;
  readonly acceptance?: Acceptance;
  /** When the accepted message was published, epoch ms. */
  readonly accepted_at?: number;
  /** Epoch ms. */
  readonly discarded_at?: number;
}

/**
 * The id of a message with a valid `message_id`: 32 hex digits. The PBX's ten attempts share one id, even
 * if each has another `timestamp`.
 *
 * @param content A fingerprint or another hash, which tells apart two messages with one `message_id`.
 */
export function quarantineIdOfMessage(message_id: string, content: string): string {
  return idOf(['message', message_id, content]);
}

/**
 * The id of a body without a valid `message_id`: 32 hex digits. Any difference gives another id.
 *
 * @param content A hash of the whole body.
 */
export function quarantineIdOfBody(content: string): string {
  return idOf(['request', content]);
}

function idOf(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts)).slice(0, 32);
}

/** One attempt of the PBX to deliver a refused message. */
export interface Attempt {
  /** Lambda's request id, unique for each attempt. */
  readonly request_id: string;
  /** Epoch ms. */
  readonly at: number;
  /** When the entry may be deleted if no other attempt follows, epoch seconds. */
  readonly expires_at: number;
}

/** Keeps refused requests. A call rejects as soon as its deadline aborts. */
export interface QuarantineStore {
  /**
   * Keeps the request, or counts the attempt if it is kept already. Does nothing if the entry is discarded
   * or this very attempt is counted.
   *
   * @returns The write units that it took; 0 if the store does not tell.
   */
  keep(request: RefusedRequest, attempt: Attempt, deadline?: AbortSignal): Promise<number>;

  /**
   * Takes write units from the day's allowance. False if fewer are left.
   *
   * @param day ISO 8601, UTC.
   */
  takeAllowance(day: string, units: number, deadline?: AbortSignal): Promise<boolean>;
}

/**
 * Write units that all processes together may spend on refused requests in a day (UTC). The limit is there
 * because anybody who has the webhook's URL can send them.
 */
export const UNITS_A_DAY = 200_000;

/** Units that a process takes at once and spends without asking again. */
export const UNITS_AT_ONCE = 200;

const UNIT_BYTES = 1024;
/** Bytes of an item beside the request, and of its entry in the index. */
const OTHER_BYTES = { item: 450, index: 200 };

export interface KeepDependencies {
  readonly store: QuarantineStore;
  /** Epoch ms. */
  readonly now: () => number;
  /** How long an entry is kept after its last attempt, ms. */
  readonly quarantineMs: number;
}

/** Keeps a refused request. False if the day's limit is reached. Rejects if the store fails. */
export type KeepRefused = (
  request: RefusedRequest,
  request_id: string,
  deadline?: AbortSignal,
) => Promise<boolean>;

/** Use one in each process: it remembers its allowance for today. */
export function keepRefusedIn({ store, now, quarantineMs }: KeepDependencies): KeepRefused {
  let today = '';
  let left = 0;
  let isOver = false;
  return async (request, request_id, deadline) => {
    const at = now();
    const day = new Date(at).toISOString().slice(0, 10);
    if (day !== today) [today, left, isOver] = [day, 0, false];
    if (isOver) return false;

    const reckoned = unitsOf(request);
    if (left < reckoned) {
      const units = Math.max(UNITS_AT_ONCE, reckoned - left);
      if (!(await store.takeAllowance(day, units, deadline))) {
        isOver = true;
        return false;
      }
      left += units;
    }
    left -= reckoned;
    const expires_at = Math.ceil((at + quarantineMs) / 1000);
    const used = await store.keep(request, { request_id, at, expires_at }, deadline);
    // An attempt may be smaller than its entry, which holds the first one.
    left -= Math.max(0, used - reckoned);
    return true;
  };
}

/** An entry's write units, at most, with its place in the index. */
function unitsOf({ form, ...request }: RefusedRequest): number {
  const { from = '', sms_number = '' } = request;
  const bytes = form.length + jsonBytes(request) + OTHER_BYTES.item;
  const indexBytes = jsonBytes([from, sms_number]) + OTHER_BYTES.index;
  return Math.ceil(bytes / UNIT_BYTES) + Math.ceil(indexBytes / UNIT_BYTES);
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
