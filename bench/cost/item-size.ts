import { isDeepStrictEqual } from 'node:util';
import type { Item } from '../../lib/message-item.ts';

/** What DynamoDB bills on top of the bytes of an item, or of an index entry, for keeping it. */
export const STORED_ITEM_OVERHEAD = 100;

const WRITE_UNIT_BYTES = 1_024;

/**
 * An item's size in bytes as DynamoDB counts it, of strings and numbers: all that a record is made of.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 *
 * @throws {Error} If there is an attribute of another type.
 */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => {
    if (value.S !== undefined) return sum + utf8(name) + utf8(value.S);
    if (value.N !== undefined) return sum + utf8(name) + numberBytes(value.N);
    throw new Error(`The size of the attribute ${name} is not known`);
  }, 0);
}

/** Write units of a standard write; an update is charged for the larger of the two sizes. */
export function writeUnits(...sizes: readonly number[]): number {
  return Math.max(1, Math.ceil(Math.max(0, ...sizes) / WRITE_UNIT_BYTES));
}

/** A global secondary index, as far as its writes are billed. */
export interface Index {
  readonly name: string;
  /** Its own keys: without one of them, an item has no entry. */
  readonly keys: readonly string[];
  /** What an entry holds: its keys, the table's, and what it projects; `all` for the whole item. */
  readonly attributes: readonly string[] | 'all';
}

/** The entry that an index holds for an item, if it holds one. */
export function indexEntry(item: Item, { keys, attributes }: Index): Item | undefined {
  if (keys.some((key) => !item[key])) return undefined;
  if (attributes === 'all') return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => attributes.includes(name)));
}

/**
 * Write units that an index takes for a write of the table: none if its entry stays as it is, two
 * writes if the entry moves to other keys.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
 */
export function indexUnits(before: Item, after: Item, index: Index): number {
  const [removed, written] = [indexEntry(before, index), indexEntry(after, index)];
  if (!removed && !written) return 0;
  if (!removed || !written) return writeUnits(itemBytes(removed ?? written ?? {}));
  if (isDeepStrictEqual(removed, written)) return 0;
  const sizes = [itemBytes(removed), itemBytes(written)];
  const isMoved = index.keys.some((key) => !isDeepStrictEqual(removed[key], written[key]));
  if (isMoved) return sizes.reduce((sum, size) => sum + writeUnits(size), 0);
  return writeUnits(...sizes);
}

function numberBytes(text: string): number {
  const digits = text.replace(/^-|\./g, '').replace(/^0+|0+$/g, '').length;
  return Math.ceil(digits / 2) + 1;
}

function utf8(text: string): number {
  return Buffer.byteLength(text);
}
