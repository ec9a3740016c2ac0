import type { ArchivedMessage } from '../lib/operations/message-archive.ts';
import { stateOf } from './message-view.ts';

type Cell = string | number | undefined;

/** The fields of a message that the PBX has sent, as its form has them. */
const SENT = ['message_id', 'service_id', 'from', 'sms_number', 'body', 'timestamp'] as const;

/** What `export` adds to them: of the record, and not of the message. */
const OF_RECORD: Readonly<Record<string, (message: ArchivedMessage) => Cell>> = {
  received_at: ({ received_at }) => received_at,
  state: (message) => stateOf(message),
  requests: ({ requests }) => requests,
  attempts: ({ attempts }) => attempts,
  published_at: ({ published_at }) => published_at,
  sns_message_id: ({ sns_message_id }) => sns_message_id,
  expires_at: ({ expires_at }) => expires_at,
  extra: ({ extra }) => JSON.stringify(extra),
};

/** The first line of an exported CSV file. */
export const CSV_COLUMNS: readonly string[] = [...SENT, ...Object.keys(OF_RECORD)];

/** Columns that `send` leaves out: an exported file can be sent. */
export const RECORD_COLUMNS: ReadonlySet<string> = new Set(Object.keys(OF_RECORD));

/** The cells of a message: the names, values and units are those of `--json`. */
export function csvCells(message: ArchivedMessage): Cell[] {
  return [
    ...SENT.map((name) => message[name]),
    ...Object.values(OF_RECORD).map((cellOf) => cellOf(message)),
  ];
}

/**
 * A cell that a spreadsheet does not run: `=`, `@` and their like at its start make it a formula, and
 * a text is a stranger's. A phone number may keep its plus.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
export function withoutFormula(cell: Cell): Cell {
  if (typeof cell !== 'string' || /^\+\d+$/.test(cell)) return cell;
  return /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
}
