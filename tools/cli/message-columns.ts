import type { ArchivedMessage } from '../archive/message-archive.ts';
import { messageJson, publicStateOf, TIME_UNITS } from '../archive/message-file.ts';
import { printable } from '../shared/terminal-text.ts';
import type { Output } from './output.ts';
import type { Cell, Column, Row } from './table.ts';
import { localTime } from './times.ts';

interface Field extends Partial<Column> {
  /** The label in `show`. */
  readonly label: string;
  /** Shown to people if the value is empty. */
  readonly none?: string;
}

/** The fields that the PBX sends, by the names of its form. */
const SENT = {
  message_id: { label: 'message_id', title: 'ID', width: 36 },
  service_id: { label: 'service_id' },
  from: { label: 'from', title: 'FROM', width: 15, none: '(withheld)' },
  sms_number: { label: 'to', title: 'TO', width: 15, none: '(unknown)' },
  body: { label: 'text', title: 'TEXT' },
  timestamp: { label: 'sent' },
} satisfies Record<string, Field>;

/** The other facts of the record. `send` leaves them out. */
const RECORDED = {
  received_at: { label: 'received', title: 'RECEIVED', width: 19 },
  state: { label: 'state', title: 'STATE', width: 10 },
  requests: { label: 'PBX requests' },
  attempts: { label: 'publish attempts' },
  published_at: { label: 'published' },
  sns_message_id: { label: 'sns_message_id' },
  expires_at: { label: 'deleted after' },
} satisfies Record<string, Field>;

const FIELDS = { ...SENT, ...RECORDED, claimed_until: { label: 'claimed until' } };
type FieldName = keyof typeof FIELDS;
const fieldOf = (name: FieldName): Field => FIELDS[name];

const COLOURS = { pending: 'yellow', publishing: 'cyan', published: 'green' } as const;

/** The columns of a table of messages. */
export function columnsOf(names: readonly FieldName[]): Column[] {
  return names.map((name) => ({ title: '', ...FIELDS[name] }));
}

/** A field, for people and for scripts. */
export function cellOf(name: FieldName, value: string | number): Cell {
  const { none } = fieldOf(name);
  const unit = TIME_UNITS[name];
  if (unit !== undefined) return localTime(Number(value) * unit);
  const text = printable(String(value));
  return none === undefined ? text : { shown: text || none, value: text };
}

const LISTED = ['received_at', 'from', 'sms_number', 'state', 'message_id', 'body'] as const;
export const LISTED_COLUMNS = columnsOf(LISTED);

/**
 * A message in the columns {@link LISTED_COLUMNS}.
 *
 * @param state A text for the column STATE, instead of the message's own.
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

/** The facts of a message with their labels, without its text and its extra fields. */
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
  const state = publicStateOf(message);
  if (name === 'state') return output.style(COLOURS[state], state);
  const value = name === 'claimed_until' ? message.claim?.until : messageJson(message)[name];
  return value === undefined ? undefined : cellOf(name, value as string | number);
}

/** A count of messages as people read it: `1 message`, `1,234 messages`. */
export function messagesText(count: number): string {
  return count === 1 ? '1 message' : `${count.toLocaleString('en-US')} messages`;
}
