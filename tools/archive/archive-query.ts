import type { NumberFilter } from '../shared/number-filter.ts';

/** A message's position in the order of time. A list can continue from it. */
export interface Position {
  /** Epoch ms. */
  readonly received_at: number;
  readonly message_id: string;
}

/** A message's position and the index's other attributes. The index of pending messages has none. */
export interface ArchiveKey extends Position {
  readonly from?: string;
  readonly sms_number?: string;
}

/** Selects messages and their order. */
export interface ArchiveQuery extends NumberFilter {
  /** Received at this time or later, epoch ms. */
  readonly since?: number | undefined;
  /** Received before this time, epoch ms. */
  readonly until?: number | undefined;
  /** Only messages that are not published yet. */
  readonly isPending?: boolean | undefined;
  /** Default: `newest-first`. */
  readonly order?: 'newest-first' | 'oldest-first';
  /** Maximum number. Default: all. */
  readonly limit?: number;
  /** Only messages behind this one in the order. */
  readonly after?: Position | undefined;
}

/** Oldest first; within a millisecond, by id. */
export function comparePositions(a: Position, b: Position): number {
  if (a.received_at !== b.received_at) return a.received_at - b.received_at;
  return a.message_id < b.message_id ? -1 : Number(a.message_id > b.message_id);
}

/** A position as text, for continuing later: `received_at/message_id`. */
export function positionText({ received_at, message_id }: Position): string {
  return `${received_at}/${message_id}`;
}

/** @returns Undefined if the text is no position. */
export function readPosition(text: string): Position | undefined {
  const [, time, message_id] = /^(\d{1,15})\/(\S+)$/.exec(text) ?? [];
  return time && message_id ? { received_at: Number(time), message_id } : undefined;
}
