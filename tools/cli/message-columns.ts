import { type ArchivedMessage, asStored } from '../archive/message-archive.ts';
import { printable } from '../shared/terminal-text.ts';
import type { Output } from './output.ts';
import { guarded } from './spreadsheet-guard.ts';
import type { Cell, Column, Row } from './table.ts';
import { localTime } from './times.ts';

/** `publishing`: an invocation holds a claim on it right now. */
export type MessageState = 'pending' | 'publishing' | 'published';

/**
 * `spreadsheet`: for people. Times are also there in ISO 8601, and a `'` guards what a spreadsheet would
 * run or change. `exact`: for programs, nothing is added.
 */
export type CsvDialect = 'spreadsheet' | 'exact';

interface Field extends Partial<Column> {
  /** What `show` calls it. */
  readonly label: string;
  /** It is a time: the milliseconds of its unit. */
  readonly unit?: number;
  /** What people read where it is empty. */
  readonly none?: string;
}

/** The fields of a message that the PBX sends and that have a column, under the names of its form. */
const SENT = {
  message_id: { label: 'message_id', title: 'ID', width: 36 },
  service_id: { label: 'service_id' },
  from: { label: 'from', title: 'FROM', width: 15, none: '(withheld)' },
  sms_number: { label: 'to', title: 'TO', width: 15, none: '(unknown)' },
  body: { label: 'text', title: 'TEXT' },
  timestamp: { label: 'sent', unit: 1_000 },
} satisfies Record<string, Field>;

/** What the record says besides. `send` leaves it out. */
const RECORDED = {
  received_at: { label: 'received', title: 'RECEIVED', width: 19, unit: 1 },
  state: { label: 'state', title: 'STATE', width: 10 },
  requests: { label: 'PBX requests' },
  attempts: { label: 'publish attempts' },
  published_at: { label: 'published', unit: 1 },
  sns_message_id: { label: 'sns_message_id' },
  expires_at: { label: 'deleted after', unit: 1_000 },
} satisfies Record<string, Field>;

const FIELDS = { ...SENT, ...RECORDED, claimed_until: { label: 'claimed until', unit: 1 } };
type FieldName = keyof typeof FIELDS;
const fieldOf = (name: FieldName): Field => FIELDS[name];

const COLOURS = { pending: 'yellow', publishing: 'cyan', published: 'green' } as const;

export function stateOf(message: ArchivedMessage, now = Date.now()): MessageState {
  if (message.published_at !== undefined) return 'published';
  return message.claim && message.claim.until > now ? 'publishing' : 'pending';
}

/** A message as `--json` shows it: its record under the names that are stored, and the state. */
export function messageJson(message: ArchivedMessage): Readonly<Record<string, unknown>> {
  return { ...asStored(message), state: stateOf(message) };
}

/** The columns of a table of messages. */
export function columnsOf(names: readonly FieldName[]): Column[] {
  return names.map((name) => ({ title: '', ...FIELDS[name] }));
}

/** A field as people read it, and as scripts do. */
export function cellOf(name: FieldName, value: string | number): Cell {
  const { unit, none } = fieldOf(name);
  if (unit !== undefined) return localTime(Number(value) * unit);
  const text = printable(String(value));
  return none === undefined ? text : { shown: text || none, value: text };
}

const LISTED = ['received_at', 'from', 'sms_number', 'state', 'message_id', 'body'] as const;
export const LISTED_COLUMNS = columnsOf(LISTED);

/**
 * A message in the columns {@link LISTED_COLUMNS}.
 *
 * @param state What stands in the column of the state instead of its own.
 */
export function messageRow(
  message: ArchivedMessage,
  output: Pick<Output, 'style'>,
  state?: Cell,
): Row {
  return LISTED.map((name) => {
    const isReplaced = name === 'state' && state !== undefined;
    return isReplaced ? state : (messageCell(message, name, output) ?? '');
  });
}

const SHOWN = [
  ...(['message_id', 'state', 'from', 'sms_number', 'service_id', 'timestamp'] as const),
  ...(['received_at', 'requests', 'attempts', 'claimed_until'] as const),
  ...(['published_at', 'sns_message_id', 'expires_at'] as const),
];

/** All that is known of a message but its text and its extra fields, each with its label. */
export function labelledCells(
  message: ArchivedMessage,
  output: Pick<Output, 'style'>,
): (readonly [label: string, cell: Cell])[] {
  return SHOWN.flatMap((name) => {
    const cell = messageCell(message, name, output);
    return cell === undefined ? [] : [[FIELDS[name].label, cell] as const];
  });
}

function messageCell(
  message: ArchivedMessage,
  name: FieldName,
  output: Pick<Output, 'style'>,
): Cell | undefined {
  const state = stateOf(message);
  if (name === 'state') return output.style(COLOURS[state], state);
  const value = name === 'claimed_until' ? message.claim?.until : messageJson(message)[name];
  return value === undefined ? undefined : cellOf(name, value as string | number);
}

type CsvCell = string | number | undefined;

export const SENT_COLUMNS = Object.keys(SENT) as (keyof typeof SENT)[];
/** The other fields of the form, as a JSON object. */
export const EXTRA_COLUMN = 'extra';

const CSV_FIELDS: readonly (readonly [name: string, Field])[] = [
  ...Object.entries(SENT),
  ...Object.entries(RECORDED),
  [EXTRA_COLUMN, { label: '' }],
];
const ISO = '_iso';

/** Columns of an exported file that `send` leaves out. */
export const RECORD_COLUMNS: ReadonlySet<string> = new Set([
  ...Object.keys(RECORDED),
  ...CSV_FIELDS.filter(([, { unit }]) => unit !== undefined).map(([name]) => name + ISO),
]);

/** The first line of an exported file. */
export function csvColumns(dialect: CsvDialect): string[] {
  return CSV_FIELDS.flatMap(([name, { unit }]) =>
    dialect === 'exact' || unit === undefined ? name : [name, name + ISO],
  );
}

/** The cells of a message, one a column. Names, values and units are those of `--json`. */
export function csvCells(message: ArchivedMessage, dialect: CsvDialect): CsvCell[] {
  const values: Readonly<Record<string, unknown>> = {
    ...messageJson(message),
    [EXTRA_COLUMN]: JSON.stringify(message.extra),
  };
  return CSV_FIELDS.flatMap(([name, { unit }]) => {
    const cell = values[name] as CsvCell;
    if (dialect === 'exact') return [cell];
    if (typeof cell === 'string') return guarded(cell);
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

/** So many messages, as people read it: `1 message`, `1,234 messages`. */
export function messagesText(count: number): string {
  return count === 1 ? '1 message' : `${count.toLocaleString('en-US')} messages`;
}
