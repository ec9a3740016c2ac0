import { InvalidArgumentError } from '@commander-js/extra-typings';
import { type Position, readPosition } from '../lib/operations/archive-position.ts';

export { type Position, positionText } from '../lib/operations/archive-position.ts';

/** @throws {InvalidArgumentError} For the parser to say. */
export function parsePosition(text: string): Position {
  const position = readPosition(text);
  if (position) return position;
  throw new InvalidArgumentError('It must be one that a command printed.');
}
