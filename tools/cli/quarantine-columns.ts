import type { QuarantineEntry } from '../../lib/messages/quarantine.ts';
import type { EntryState, ListedEntry } from '../archive/entry-states.ts';
import type { FieldValues } from '../archive/read-quarantined.ts';
import { formIn } from '../archive/read-quarantined.ts';
import { printable } from '../shared/terminal-text.ts';
import type { Field } from './labelled-fields.ts';
import { nameOfTheirs } from './labelled-fields.ts';
import { cellOf } from './message-columns.ts';
import type { Output } from './output.ts';
import { type Cell, type Column, countCell, type Row } from './table.ts';
import { localTime } from './times.ts';

const COLOURS = {
  waiting: 'yellow',
  cut: 'red',
  'delivered since': 'green',
  begun: 'yellow',
  accepted: 'green',
  discarded: 'gray',
} as const satisfies Record<EntryState, unknown>;

/** Shown digits of an id. They are enough to name it. */
const SHOWN_DIGITS = 12;

export const shortId = (quarantine_id: string): string => quarantine_id.slice(0, SHOWN_DIGITS);

export const ENTRY_COLUMNS: readonly Column[] = [
  { title: 'FIRST', width: 19 },
  { title: 'LAST', width: 19 },
  { title: 'TIMES', width: 5, align: 'right' },
  { title: 'REASON', width: 18 },
  { title: 'FROM', width: 15 },
  { title: 'TO', width: 15 },
  { title: 'STATE', width: 15 },
  { title: 'ID', width: SHOWN_DIGITS },
  { title: 'FAULTS' },
];

/** An entry in the columns {@link ENTRY_COLUMNS}. */
export function entryRow({ entry, state }: ListedEntry, output: Pick<Output, 'style'>): Row {
  const { quarantine_id, from, sms_number, faults = '' } = entry;
  return [
    localTime(entry.received_at),
    localTime(entry.last_received_at),
    countCell(entry.requests),
    entry.reason,
    numberCell('from', from),
    numberCell('sms_number', sms_number),
    output.style(COLOURS[state], state),
    { shown: shortId(quarantine_id), value: quarantine_id },
    printable(faults),
  ];
}

/** An unreadable number is shown as `-`, because it is not a withheld one. */
function numberCell(name: 'from' | 'sms_number', number: string | undefined): Cell {
  return number === undefined ? { shown: '-', value: '' } : cellOf(name, number);
}

/** An entry for scripts, by the stored names, with the sent fields. */
export function entryJson({ entry, state }: ListedEntry) {
  const { form: _, acceptance, last_request, expires_at, ...facts } = entry;
  const { fields, repeated } = formIn(entry);
  return {
    ...facts,
    expires_at,
    state,
    ...(acceptance && { accepted_as: acceptance.message_id, accepted_set: acceptance.set }),
    fields: Object.fromEntries(fields),
    repeated,
  };
}

/** The facts of an entry with their labels, without its text. */
export function entryFields({ entry, state }: ListedEntry, output: Output): readonly Field[] {
  const { acceptance } = entry;
  const optional = (label: string, value: string | undefined): Field[] =>
    value === undefined ? [] : [[label, printable(value)]];
  const time = (label: string, ms: number | undefined): Field[] =>
    ms === undefined ? [] : [[label, localTime(ms)]];
  return [
    ['id', entry.quarantine_id],
    ['state', output.style(COLOURS[state], state)],
    ['reason', entry.reason],
    ...optional('faults', entry.faults),
    ['first attempt', localTime(entry.received_at)],
    ['last attempt', localTime(entry.last_received_at)],
    ['attempts', countCell(entry.requests)],
    ...optional('content type', entry.content_type),
    ...optional('accepted as', acceptance?.message_id),
    ...Object.entries(acceptance?.set ?? {}).map(
      ([name, value]): Field => [nameOfTheirs('set', name), printable(value)],
    ),
    ...time('accepted', entry.accepted_at),
    ...time('discarded', entry.discarded_at),
    ['deleted after', localTime(entry.expires_at * 1_000)],
    ...sentFields(entry),
  ];
}

/** The sent fields, in the order of the form. */
function sentFields(entry: QuarantineEntry): Field[] {
  const { fields, repeated } = formIn(entry);
  return [...fields, ...repeated]
    .filter(([name], place) => name !== 'body' || place >= fields.size)
    .map(([name, value]): Field => [nameOfTheirs('sent', name), printable(value)]);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The sent text, printable. If the body is not a form, all of it, in hex if it is not text. */
export function entryText(entry: QuarantineEntry): string {
  const { fields } = formIn(entry);
  if (fields.size > 0) return printable(fields.get('body') ?? '');
  const bytes = entry.form ?? new Uint8Array();
  try {
    return printable(utf8.decode(bytes));
  } catch {
    return Buffer.from(bytes).toString('hex');
  }
}

/** Values in the form of `--set`. */
export function valuesText(values: FieldValues): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${printable(String(value))}`)
    .join(', ');
}
