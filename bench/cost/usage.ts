import type { Item } from '../../lib/message-item.ts';
import {
  type Index,
  indexEntry,
  indexUnits,
  itemBytes,
  STORED_ITEM_OVERHEAD,
  writeUnits,
} from './item-size.ts';

/** What AWS bills for, of one message or of one month's idling. */
export interface Usage {
  readonly apiRequests: number;
  readonly invocations: number;
  readonly gbSeconds: number;
  readonly writes: number;
  readonly reads: number;
  readonly publishes: number;
  /** Bytes of log events as CloudWatch counts them: see {@link logEventBytes}. */
  readonly logBytes: number;
  /** Bytes that the table keeps, overhead included; it is backed up. */
  readonly recordBytes: number;
  /** Bytes that its indexes keep for good, overhead included. */
  readonly indexBytes: number;
}

/** What API Gateway and SNS count as one request. */
const API_REQUEST_BYTES = 512 * 1024;
const PUBLISH_BYTES = 64 * 1024;

/**
 * Bytes that CloudWatch adds to each event
 * (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html).
 */
const EVENT_OVERHEAD_BYTES = 26;

export function logEventBytes(line: string): number {
  return Buffer.byteLength(line) + EVENT_OVERHEAD_BYTES;
}

/** Write units of a record's two writes, and of the index entries that they make and remove. */
export interface RecordWrites {
  readonly put: WriteUnits;
  readonly mark: WriteUnits;
}

export interface WriteUnits {
  readonly table: number;
  /** By the index's name. */
  readonly indexes: Readonly<Record<string, number>>;
}

/**
 * @param stored The item as it was put.
 * @param marked The same item as the mark left it.
 */
export function recordWrites(stored: Item, marked: Item, indexes: readonly Index[]): RecordWrites {
  return { put: unitsOf({}, stored, indexes), mark: unitsOf(stored, marked, indexes) };
}

function unitsOf(before: Item, after: Item, indexes: readonly Index[]): WriteUnits {
  return {
    table: writeUnits(itemBytes(before), itemBytes(after)),
    indexes: Object.fromEntries(
      indexes.map((index) => [index.name, indexUnits(before, after, index)]),
    ),
  };
}

/** All units, or those of the table and the named indexes only. */
export function totalUnits({ put, mark }: RecordWrites, only?: readonly string[]): number {
  const counted = [put, mark].flatMap(({ table, indexes }) => [
    table,
    ...Object.entries(indexes).map(([name, units]) => (!only || only.includes(name) ? units : 0)),
  ]);
  return counted.reduce((total, units) => total + units, 0);
}

/** Bytes that an item, or its entry in an index, is billed with for being kept. */
export function keptBytes(item: Item | undefined): number {
  return item ? itemBytes(item) + STORED_ITEM_OVERHEAD : 0;
}

/** The same of all entries that indexes hold for it. */
export function keptIndexBytes(item: Item, indexes: readonly Index[]): number {
  return indexes.reduce((total, index) => total + keptBytes(indexEntry(item, index)), 0);
}

/** API Gateway's count of a request: one for each 512 KB begun. */
export function apiRequests(bodyBytes: number): number {
  return Math.max(1, Math.ceil(bodyBytes / API_REQUEST_BYTES));
}

/** SNS's count of a publish: one for each 64 KB begun. */
export function publishes(notificationBytes: number): number {
  return Math.max(1, Math.ceil(notificationBytes / PUBLISH_BYTES));
}

/** @param milliseconds Billed, of one invocation. */
export function gbSeconds(milliseconds: number, memoryMb: number): number {
  return (milliseconds / 1_000) * (memoryMb / 1_024);
}

/** Usage of so many times the same. */
export function times(count: number, usage: Usage): Usage {
  const multiplied = Object.entries(usage).map(([name, value]) => [name, count * value]);
  return Object.fromEntries(multiplied);
}

export function sum(one: Usage, other: Usage): Usage {
  const added = Object.entries(one).map(([name, value]) => [
    name,
    value + other[name as keyof Usage],
  ]);
  return Object.fromEntries(added);
}
