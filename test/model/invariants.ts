import type { StoredRecord } from '../fakes/memory-message-store.ts';

/** A violated invariant: the finding of a run. */
export class Violation extends Error {}

export interface WriteContext {
  /** The owner that a mark or a release was made for. */
  readonly writer: string | undefined;
  readonly now: number;
  /** How often the message has been published. */
  readonly publications: number;
}

/** @throws {Violation} If a write did to a record what no write may. */
export function checkWrite(
  before: StoredRecord | undefined,
  after: StoredRecord | undefined,
  { writer, now, publications }: WriteContext,
): void {
  if (before === after) return;
  if (!after) throw new Violation('a record was deleted');
  const id = after.message_id;
  const isDone = after.published_at !== undefined || after.expires_at !== undefined;
  if (isDone && publications === 0) {
    throw new Violation(`${id} left the pending index, or may expire, before it was published`);
  }
  if (before?.published_at !== undefined) throw new Violation(`the mark of ${id} was overwritten`);
  if (before && before.body !== after.body) throw new Violation(`${id} has other content`);

  const isSeized = after.claim && after.claim.owner !== before?.claim?.owner;
  if (isSeized && before?.claim && before.claim.until > now) {
    throw new Violation(`a live claim on ${id} was overwritten`);
  }
  if (before?.claim && !after.claim && before.claim.owner !== writer) {
    throw new Violation(`another one's claim on ${id} was dropped`);
  }
}
