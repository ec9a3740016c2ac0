import type { ArchiveKey } from './archive-query.ts';

/** A message's place in the order of time, from which a list goes on. */
export type Position = Pick<ArchiveKey, 'received_at' | 'message_id'>;

/** For whoever goes on later: `received_at/message_id`. */
export function positionText({ received_at, message_id }: Position): string {
  return `${received_at}/${message_id}`;
}

/** @returns Nothing, if the text is no position. */
export function readPosition(text: string): Position | undefined {
  const [, time, message_id] = /^(\d{1,15})\/(\S+)$/.exec(text) ?? [];
  return time && message_id ? { received_at: Number(time), message_id } : undefined;
}

/** The order of time, the oldest first; that of the ids within a millisecond. */
export function comparePositions(a: Position, b: Position): number {
  if (a.received_at !== b.received_at) return a.received_at - b.received_at;
  return a.message_id < b.message_id ? -1 : Number(a.message_id > b.message_id);
}
