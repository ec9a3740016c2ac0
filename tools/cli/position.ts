import { InvalidArgumentError } from '@commander-js/extra-typings';
import { type Position, readPosition } from '../archive/archive-query.ts';

export { type Position, positionText } from '../archive/archive-query.ts';

/** @throws {InvalidArgumentError} For the parser to say. */
export function parsePosition(text: string): Position {
  const position = readPosition(text);
  if (position) return position;
  throw new InvalidArgumentError('It must be one that a command printed.');
}
