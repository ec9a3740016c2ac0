import type { ArchivedMessage } from '../archive/message-archive.ts';
import { stateOf } from './message-view.ts';
import { guarded } from './spreadsheet-guard.ts';

/**
 * `spreadsheet`: for people. Times are also there in ISO 8601, and a `'` guards what a spreadsheet would
 * run or change. `exact`: for programs, nothing is added.
 */
export type CsvDialect = 'spreadsheet' | 'exact';

type Cell = string | number | undefined;

/** The fields of a message that the PBX sends and that have a column, under the names of its form. */
export const SENT_COLUMNS = [
  'message_id',
  'service_id',
  'from',
  'sms_number',
  'body',
  'timestamp',
] as const;

/** The other fields of the form, as a JSON object. */
export const EXTRA_COLUMN = 'extra';

/** What the record says besides. `send` leaves it out. */
const OF_RECORD: Readonly<Record<string, (message: ArchivedMessage) => Cell>> = {
  received_at: ({ received_at }) => received_at,
  state: (message) => stateOf(message),
  requests: ({ requests }) => requests,
  attempts: ({ attempts }) => attempts,
  published_at: ({ published_at }) => published_at,
  sns_message_id: ({ sns_message_id }) => sns_message_id,
  expires_at: ({ expires_at }) => expires_at,
};

/** Columns that hold a time, and the milliseconds of their unit. */
const UNITS: Readonly<Record<string, number>> = {
  timestamp: 1_000,
  received_at: 1,
  published_at: 1,
  expires_at: 1_000,
};
const ISO = '_iso';

/** Columns of an exported file that `send` leaves out. */
export const RECORD_COLUMNS: ReadonlySet<string> = new Set([
  ...Object.keys(OF_RECORD),
  ...Object.keys(UNITS).map((name) => name + ISO),
]);

const CELLS: readonly (readonly [name: string, (message: ArchivedMessage) => Cell])[] = [
  ...SENT_COLUMNS.map((name) => [name, (message: ArchivedMessage) => message[name]] as const),
  ...Object.entries(OF_RECORD),
  [EXTRA_COLUMN, ({ extra }) => JSON.stringify(extra)],
];

/** The first line of an exported file. */
export function csvColumns(dialect: CsvDialect): string[] {
  const names = CELLS.map(([name]) => name);
  if (dialect === 'exact') return names;
  return names.flatMap((name) => (name in UNITS ? [name, name + ISO] : name));
}

/** The cells of a message, one a column. Names, values and units are those of `--json`. */
export function csvCells(message: ArchivedMessage, dialect: CsvDialect): Cell[] {
  return CELLS.flatMap(([name, cellOf]) => {
    const cell = cellOf(message);
    if (dialect === 'exact') return [cell];
    if (typeof cell === 'string') return guarded(cell);
    const unit = UNITS[name];
    return unit === undefined ? cell : [cell, cell && isoTime(Number(cell) * unit)];
  });
}

/** A record may hold a time that no calendar has. */
function isoTime(ms: number): string | undefined {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** An exported file, line by line, without the line ends. */
export interface CsvLines {
  /** What the file begins with. Without a mark, Excel takes UTF-8 for the code page of the system. */
  readonly mark: string;
  /** The names of the columns. */
  readonly header: string;
  /** A message. It may hold line breaks, in quotes. */
  of(message: ArchivedMessage): string;
}

/** Writes messages as lines of CSV. */
export async function csvLines(dialect: CsvDialect): Promise<CsvLines> {
  const { stringify } = await import('csv-stringify/sync');
  const line = (cells: readonly Cell[]) => stringify([[...cells]], { record_delimiter: '' });
  return {
    mark: dialect === 'exact' ? '' : '\ufeff',
    header: line(csvColumns(dialect)),
    of: (message) => line(csvCells(message, dialect)),
  };
}
