import { type ArchivedMessage, asStored } from './message-archive.ts';
import { guarded } from './spreadsheet-guard.ts';

/** `publishing`: an invocation holds a claim on it now. */
export type PublicState = 'pending' | 'publishing' | 'published';

/**
 * `spreadsheet`: for people. It adds times in ISO 8601, and a `'` before what a spreadsheet would run or
 * change. `exact`: for programs. It adds nothing.
 */
export type CsvDialect = 'spreadsheet' | 'exact';

export function publicStateOf(message: ArchivedMessage, now = Date.now()): PublicState {
  if (message.published_at !== undefined) return 'published';
  return message.claim && message.claim.until > now ? 'publishing' : 'pending';
}

/** A message as in `--json`: its record with the stored names, and the state. */
export function messageJson(message: ArchivedMessage): Readonly<Record<string, unknown>> {
  return { ...asStored(message), state: publicStateOf(message) };
}

/** The unit of each time, in milliseconds. */
export const TIME_UNITS: Readonly<Record<string, number | undefined>> = {
  timestamp: 1_000,
  received_at: 1,
  claimed_until: 1,
  published_at: 1,
  expires_at: 1_000,
};

/** The PBX's fields that have a column, with the form's names. */
export const SENT_COLUMNS = [
  ...(['message_id', 'service_id', 'from', 'sms_number', 'body', 'timestamp'] as const),
];
/** The record's other columns. `send` ignores them. */
const RECORDED_COLUMNS = [
  ...(['received_at', 'state', 'requests', 'attempts', 'published_at'] as const),
  ...(['sns_message_id', 'expires_at'] as const),
];
/** The form's other fields, as a JSON object. */
export const EXTRA_COLUMN = 'extra';

const CSV_COLUMNS = [...SENT_COLUMNS, ...RECORDED_COLUMNS, EXTRA_COLUMN];
const ISO = '_iso';

/** Columns of an exported file that `send` ignores. */
export const RECORD_COLUMNS: ReadonlySet<string> = new Set([
  ...RECORDED_COLUMNS,
  ...CSV_COLUMNS.filter((name) => TIME_UNITS[name] !== undefined).map((name) => name + ISO),
]);

type CsvCell = string | number | undefined;

/** The header line of an exported file. */
export function csvColumns(dialect: CsvDialect): string[] {
  return CSV_COLUMNS.flatMap((name) =>
    dialect === 'exact' || TIME_UNITS[name] === undefined ? name : [name, name + ISO],
  );
}

/** A message's cells, in the order of the columns. Names, values and units are as in `--json`. */
export function csvCells(message: ArchivedMessage, dialect: CsvDialect): CsvCell[] {
  const values: Readonly<Record<string, unknown>> = {
    ...messageJson(message),
    [EXTRA_COLUMN]: JSON.stringify(message.extra),
  };
  return CSV_COLUMNS.flatMap((name) => {
    const cell = values[name] as CsvCell;
    if (dialect === 'exact') return [cell];
    if (typeof cell === 'string') return guarded(cell);
    const unit = TIME_UNITS[name];
    return unit === undefined ? cell : [cell, cell && isoTime(cell * unit)];
  });
}

/** Undefined for a time beyond the calendar, which a record may hold. */
function isoTime(ms: number): string | undefined {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** Writes an exported file by lines, without line ends. A message may have line breaks, in quotes. */
export async function csvLines(dialect: CsvDialect) {
  const { stringify } = await import('csv-stringify/sync');
  const line = (cells: readonly CsvCell[]) => stringify([[...cells]], { record_delimiter: '' });
  return {
    /** The beginning of the file. Without it, Excel reads UTF-8 in the system's code page. */
    mark: dialect === 'exact' ? '' : '\ufeff',
    header: line(csvColumns(dialect)),
    of: (message: ArchivedMessage): string => line(csvCells(message, dialect)),
  };
}
