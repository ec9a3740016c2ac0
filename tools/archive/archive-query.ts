import type { NumberFilter } from '../shared/number-filter.ts';

/** A message's place in the order of time, from which a list goes on. */
export interface Position {
  /** Epoch ms. */
  readonly received_at: number;
  readonly message_id: string;
}

/** A message's place, and what the index knows of it besides: nothing in the index of pending messages. */
export interface ArchiveKey extends Position {
  readonly from?: string;
  readonly sms_number?: string;
}

/** Which messages, and in which order. */
export interface ArchiveQuery extends NumberFilter {
  /** Received at this time or later, epoch ms. */
  readonly since?: number | undefined;
  /** Received before this time, epoch ms. */
  readonly until?: number | undefined;
  /** Only those that are not published yet. */
  readonly isPending?: boolean | undefined;
  /** Default: `newest-first`. */
  readonly order?: 'newest-first' | 'oldest-first';
  /** At most so many. Default: all. */
  readonly limit?: number;
  /** Only those that follow this one in the order. */
  readonly after?: Position | undefined;
}

/** The order of time, the oldest first; that of the ids within a millisecond. */
export function comparePositions(a: Position, b: Position): number {
  if (a.received_at !== b.received_at) return a.received_at - b.received_at;
  return a.message_id < b.message_id ? -1 : Number(a.message_id > b.message_id);
}

/** For people and scripts that go on later: `received_at/message_id`. */
export function positionText({ received_at, message_id }: Position): string {
  return `${received_at}/${message_id}`;
}

/** @returns Nothing, if the text is no position. */
export function readPosition(text: string): Position | undefined {
  const [, time, message_id] = /^(\d{1,15})\/(\S+)$/.exec(text) ?? [];
  return time && message_id ? { received_at: Number(time), message_id } : undefined;
}
