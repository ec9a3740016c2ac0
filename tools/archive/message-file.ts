import { type ArchivedMessage, asStored } from './message-archive.ts';
import { guarded } from './spreadsheet-guard.ts';

/** `publishing`: an invocation holds a claim on it right now. */
export type PublicState = 'pending' | 'publishing' | 'published';

/**
 * `spreadsheet`: for people. Times are also there in ISO 8601, and a `'` guards what a spreadsheet would
 * run or change. `exact`: for programs, nothing is added.
 */
export type CsvDialect = 'spreadsheet' | 'exact';

export function publicStateOf(message: ArchivedMessage, now = Date.now()): PublicState {
  if (message.published_at !== undefined) return 'published';
  return message.claim && message.claim.until > now ? 'publishing' : 'pending';
}

/** A message as `--json` shows it: its record under the names that are stored, and the state. */
export function messageJson(message: ArchivedMessage): Readonly<Record<string, unknown>> {
  return { ...asStored(message), state: publicStateOf(message) };
}

/** The milliseconds of the unit of each time. */
export const TIME_UNITS: Readonly<Record<string, number | undefined>> = {
  timestamp: 1_000,
  received_at: 1,
  claimed_until: 1,
  published_at: 1,
  expires_at: 1_000,
};

/** What the PBX sends and has a column, under the names of its form. */
export const SENT_COLUMNS = [
  ...(['message_id', 'service_id', 'from', 'sms_number', 'body', 'timestamp'] as const),
];
/** What the record says besides. `send` leaves it out. */
const RECORDED_COLUMNS = [
  ...(['received_at', 'state', 'requests', 'attempts', 'published_at'] as const),
  ...(['sns_message_id', 'expires_at'] as const),
];
/** The other fields of the form, as a JSON object. */
export const EXTRA_COLUMN = 'extra';

const CSV_COLUMNS = [...SENT_COLUMNS, ...RECORDED_COLUMNS, EXTRA_COLUMN];
const ISO = '_iso';

/** Columns of an exported file that `send` leaves out. */
export const RECORD_COLUMNS: ReadonlySet<string> = new Set([
  ...RECORDED_COLUMNS,
  ...CSV_COLUMNS.filter((name) => TIME_UNITS[name] !== undefined).map((name) => name + ISO),
]);

type CsvCell = string | number | undefined;

/** The first line of an exported file. */
export function csvColumns(dialect: CsvDialect): string[] {
  return CSV_COLUMNS.flatMap((name) =>
    dialect === 'exact' || TIME_UNITS[name] === undefined ? name : [name, name + ISO],
  );
}

/** The cells of a message, one a column. Names, values and units are those of `--json`. */
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

/** A record may hold a time that no calendar has. */
function isoTime(ms: number): string | undefined {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** Writes an exported file line by line, without the line ends. A message may hold line breaks, in quotes. */
export async function csvLines(dialect: CsvDialect) {
  const { stringify } = await import('csv-stringify/sync');
  const line = (cells: readonly CsvCell[]) => stringify([[...cells]], { record_delimiter: '' });
  return {
    /** What the file begins with. Without it, Excel takes UTF-8 for the code page of the system. */
    mark: dialect === 'exact' ? '' : '\ufeff',
    header: line(csvColumns(dialect)),
    of: (message: ArchivedMessage): string => line(csvCells(message, dialect)),
  };
}
