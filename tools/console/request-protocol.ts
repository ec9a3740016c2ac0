/** What the page and the server say of refused requests: see protocol.ts. Types and constants only. */

import type { Attempt } from './protocol.ts';

/** Why a request is refused: the outcomes of lib/http/outcomes.ts with a 4xx, and API Gateway's throttle. */
export const REFUSALS = [
  'invalid',
  'not-a-form',
  'too-large',
  'source-not-allowed',
  'number-not-allowed',
  'conflict',
  'unknown-token',
  'method-not-allowed',
  'throttled',
] as const;

export type Refusal = (typeof REFUSALS)[number];

/** All of it may be left out; as parameters of the URL. */
export interface RefusedQuery {
  /** The size of the page, 100 at most. Default 50. */
  readonly limit?: number;
  /** Only older ones than this place in the list: `next` of the page before. */
  readonly before?: string;
  readonly reason?: Refusal;
  /** The id that was sent. */
  readonly message_id?: string;
  /** Words that all have to be in the id that was sent, the sender or the number. */
  readonly search?: string;
  /** Those with an attempt at this time or later, epoch ms. */
  readonly since?: number;
  /** Those with an attempt before this time, epoch ms. */
  readonly until?: number;
}

/** A request that was refused, however often it was sent. */
export interface RefusedRequest {
  /** The quarantine_id, if it was kept. */
  readonly id: string;
  /** Of the last attempt. */
  readonly reason: Refusal;
  readonly status: number;
  /** What exactly is wrong: `body is missing`. */
  readonly faults?: string;
  /** The id that was sent, if it could be read. */
  readonly message_id?: string;
  /** Of a kept request, if they could be read. */
  readonly from?: string;
  readonly sms_number?: string;
  /** The first attempt. */
  readonly received_at: number;
  readonly last_received_at: number;
  /** How often it was sent. */
  readonly requests: number;
  /** Absent if it was not kept, or is deleted. */
  readonly kept?: KeptRequest;
}

export interface KeptRequest {
  /** See tools/archive/entry-states.ts. */
  readonly state: 'waiting' | 'cut' | 'delivered since' | 'begun' | 'accepted' | 'discarded';
  /** When it may be deleted. */
  readonly expires_at: number;
  /** The id of the message that it became, or is becoming. */
  readonly accepted_as?: string;
}

/** In the order of their first attempts, the newest first. */
export interface RefusedPage {
  readonly requests: readonly RefusedRequest[];
  /** Give it back as `before` to go on; absent at the end. */
  readonly next?: string;
  /** When the newest request came that it looked at; absent if there is none. */
  readonly searchedFrom?: number;
  /** How far back it looked, if that is not the end. */
  readonly searchedTo?: number;
  /** Requests that are not kept are known since then; absent if none are. */
  readonly since?: number;
}

export interface RefusedDetail {
  readonly request: RefusedRequest;
  /** Those that are known, in order of time. */
  readonly attempts: readonly Attempt[];
}

/** Why a request was refused; nothing, if it was not. */
export function refusalOf({ outcome, status }: Pick<Attempt, 'outcome' | 'status'>) {
  if (outcome === undefined) return status === 429 ? 'throttled' : undefined;
  return REFUSALS.find((refusal) => refusal === outcome);
}
