import { printable } from '../shared/terminal-text.ts';
import type { Cell } from './table.ts';

/** Who sent a message. */
export function senderCell(from: string): Cell {
  return textOr('(withheld)', from);
}

/** The number that a message was sent to. */
export function receiverCell(number: string): Cell {
  return textOr('(unknown)', number);
}

/** A count of things: people read it with a comma for thousands. */
export function countCell(count: number): Cell {
  return { shown: count.toLocaleString('en-US'), value: String(count) };
}

function textOr(none: string, text: string): Cell {
  const value = printable(text);
  return { shown: value || none, value };
}
