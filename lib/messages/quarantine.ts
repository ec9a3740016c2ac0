import { hash } from 'node:crypto';

/** The ends of a request whose body is kept: the rows of these names in outcomes.ts. */
export const QUARANTINE_REASONS = [
  'invalid',
  'not-a-form',
  'too-large',
  'source-not-allowed',
  'number-not-allowed',
  'conflict',
] as const;

export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

/** Whether a request that ends like this is kept. */
export const isQuarantineReason = (outcome: string): outcome is QuarantineReason =>
  QUARANTINE_REASONS.some((reason) => reason === outcome);

/** The part of a form that is kept, in bytes: all of the largest form that can be a message. */
export const MAX_KEPT_BYTES = 65_536;

/** What a request held that was refused, without the tokens of the webhook's URL. */
export interface RefusedRequest {
  readonly quarantine_id: string;
  readonly reason: QuarantineReason;
  /** With `invalid`: the fields and what is wrong with each, as the log has it. Holds no value. */
  readonly faults?: string;
  /** The body as it was sent, {@link MAX_KEPT_BYTES} at most. */
  readonly form: Uint8Array;
  /** Visible ASCII. */
  readonly content_type?: string;
  /** More was sent than is kept. What is left cannot be accepted. */
  readonly is_cut: boolean;
  /** The form's own, if it is a valid one. */
  readonly sent_message_id?: string;
  readonly from?: string;
  readonly sms_number?: string;
  /** Of the message that the form is, if it is one: over what was sent, before tokens were taken out. */
  readonly fingerprint?: string;
}

/**
 * What an operator has decided to deliver. It is written before it is delivered. It is taken back only if
 * another message turns out to have the id.
 */
export interface Acceptance {
  readonly message_id: string;
  readonly fingerprint: string;
  /** The values that the operator gave fields of the form. */
  readonly set: Readonly<Record<string, string>>;
}

/** One refused message, however often the PBX tried to deliver it. */
export interface QuarantineEntry extends Omit<RefusedRequest, 'form'> {
  /** Absent once the entry is discarded, as are `content_type`, `from` and `sms_number`. */
  readonly form?: Uint8Array;
  /** The first attempt, epoch ms. */
  readonly received_at: number;
  /** The last attempt, epoch ms. `reason` and `faults` are those of this one; the rest is of the first. */
  readonly last_received_at: number;
  /** Attempts. */
  readonly requests: number;
  /** Lambda's request id of the last attempt: a write that the SDK sent twice counts once. */
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
 * The id of a message that came with a `message_id`: 32 hex digits. The PBX's ten attempts have one id, even
 * if each has another `timestamp`.
 *
 * @param content Tells apart two messages under one `message_id`: a fingerprint, or another hash.
 */
export function quarantineIdOfMessage(message_id: string, content: string): string {
  return idOf(['message', message_id, content]);
}

/**
 * The id of a body without a valid `message_id`: 32 hex digits. Two that differ in anything stay two.
 *
 * @param content A hash of the whole body.
 */
export function quarantineIdOfBody(content: string): string {
  return idOf(['request', content]);
}

function idOf(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts)).slice(0, 32);
}

/** One attempt of the PBX to deliver what is refused. */
export interface Attempt {
  /** Lambda's id of the request: no other attempt has it. */
  readonly request_id: string;
  /** Epoch ms. */
  readonly at: number;
  /** When the entry may be deleted if no other attempt follows, epoch seconds. */
  readonly expires_at: number;
}

/** Where refused requests are kept. A call rejects as soon as its deadline aborts. */
export interface QuarantineStore {
  /**
   * Keeps the request, or counts the attempt if it is kept already. Does nothing if it is discarded, or if
   * this very attempt is counted.
   *
   * @returns The write units that it took; 0 if the store does not tell.
   */
  keep(request: RefusedRequest, attempt: Attempt, deadline?: AbortSignal): Promise<number>;

  /**
   * Takes write units out of those of one day. False if fewer are left.
   *
   * @param day As ISO 8601 has it, UTC.
   */
  takeAllowance(day: string, units: number, deadline?: AbortSignal): Promise<boolean>;
}

/**
 * Write units that all processes together may spend on refused requests in a day (UTC): anybody who has the
 * webhook's URL can send them.
 */
export const UNITS_A_DAY = 200_000;

/** Units that a process takes at once. It spends them without asking again. */
export const UNITS_AT_ONCE = 200;

const UNIT_BYTES = 1024;
/** Of an item, beside the request itself; and of its entry in the index. */
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

/** For one process: it remembers what it may still spend today. */
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
    // An attempt may be smaller than what its entry has held since the first one.
    left -= Math.max(0, used - reckoned);
    return true;
  };
}

/** Write units of an entry and of its place in the index, at most. */
function unitsOf({ form, ...request }: RefusedRequest): number {
  const { from = '', sms_number = '' } = request;
  const bytes = form.length + jsonBytes(request) + OTHER_BYTES.item;
  const indexBytes = jsonBytes([from, sms_number]) + OTHER_BYTES.index;
  return Math.ceil(bytes / UNIT_BYTES) + Math.ceil(indexBytes / UNIT_BYTES);
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
