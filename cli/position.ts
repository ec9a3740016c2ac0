import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { ArchiveKey } from '../lib/message-archive.ts';

/** A message's place in the order of time, from which a list goes on. */
export type Position = Pick<ArchiveKey, 'received_at' | 'message_id'>;

/** As `--after` takes it. */
export function positionText({ received_at, message_id }: Position): string {
  return `${received_at}/${message_id}`;
}

/** @throws {InvalidArgumentError} For the parser to say. */
export function parsePosition(text: string): Position {
  const [, time, message_id] = /^(\d{1,15})\/(\S+)$/.exec(text) ?? [];
  if (!time || !message_id)
    throw new InvalidArgumentError('It must be one that a command printed.');
  return { received_at: Number(time), message_id };
}
