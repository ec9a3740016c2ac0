import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { decodeForm } from '../../lib/http/form.ts';
import { RequestRefused } from '../../lib/http/outcomes.ts';
import { readSmsMessage } from '../../lib/http/read-sms-message.ts';
import { EXTRA_COLUMN, RECORD_COLUMNS } from '../archive/message-file.ts';
import { unguarded } from '../archive/spreadsheet-guard.ts';
import {
  formRequest,
  type MessageFields,
  pbxFields,
  type RepeatedFields,
} from '../pbx-simulator/request.ts';
import { CsvFault, type CsvRow, csvRows, csvText } from './csv-file.ts';
import { type InputFile, inputFile } from './input-file.ts';
import type { Runtime } from './runtime.ts';

/** A message to send. */
export interface MessageToSend {
  readonly fields: MessageFields;
  /** Fields of names that are in `fields` as well. */
  readonly repeated?: RepeatedFields;
}

/** The same message several times. Each gets its own `message_id`. */
export async function* repeated(
  fields: MessageFields,
  count: number,
): AsyncGenerator<MessageToSend> {
  for (let sent = 0; sent < count; sent++) yield { fields };
}

export interface CsvOptions {
  /** Values for columns that the file does not have. */
  readonly fields: MessageFields;
  /** A `'` is always a part of the text. */
  readonly isExact?: boolean | undefined;
  /** Says how the file is read. */
  readonly note?: (text: string) => void;
}

/**
 * The messages of a CSV file, a row each, read as they are sent. A file is checked to its end before
 * this returns. A pipe cannot be read twice and may never end: its rows are checked one by one.
 *
 * @param file A path, or `-` for stdin.
 * @throws {CliError} If it cannot be sent: with the line and the column.
 */
export async function messagesOfCsv(
  file: string,
  runtime: Pick<Runtime, 'directory' | 'stdin' | 'signal'>,
  options: CsvOptions,
): Promise<AsyncGenerator<MessageToSend>> {
  const open = (how: CsvOptions) => read(inputFile(file, runtime), how);
  if (file === '-') return open(options);
  const isFile = await stat(resolve(runtime.directory, file)).then(
    (stats) => stats.isFile() || stats.isDirectory(),
    () => true,
  );
  if (!isFile) return open(options);
  for await (const _ of open(options));
  return open({ ...options, note: () => {} });
}

function read(
  input: InputFile,
  { fields, isExact, note = () => {} }: CsvOptions,
): AsyncGenerator<MessageToSend> {
  return input.read(async function* (bytes) {
    let isEmpty = true;
    const onDelimiter = (delimiter: string) =>
      note(`${input.name} is read as separated by ${delimiter}.`);
    for await (const row of csvRows(csvText(bytes), { onDelimiter })) {
      isEmpty = false;
      yield messageOfRow(row, fields, isExact);
    }
    if (isEmpty) throw new CsvFault({}, NO_MESSAGES, HOW);
  });
}

const NO_MESSAGES = 'there are no messages in it.';
const HOW =
  'The first line names the columns, such as from,body, and each line after it is a message.';

const SETTINGS = ['webhook_url', 'webhook_url_fallback'] as const;

/** Fields of a message that it may lack. */
const OPTIONAL: ReadonlySet<string> = new Set(['service_id', 'timestamp']);

/** In these columns an empty cell means no value. In the others it is an empty text. */
const ABSENT_IF_EMPTY: ReadonlySet<string> = new Set([...OPTIONAL, ...SETTINGS]);

/** A long number that a spreadsheet has rounded. */
const ROUNDED = /^-?\d([.,]\d+)?E\+\d+$/;

/**
 * The message of a row. The columns come first, with their empty cells, then the options, then made-up values.
 *
 * @param given The values of the options.
 * @param isExact A `'` is always a part of the text.
 * @throws {CsvFault} If the webhook would refuse it.
 */
export function messageOfRow(
  { line, cells }: CsvRow,
  given: MessageFields,
  isExact = false,
): MessageToSend {
  const fields = new Map<string, string | undefined>(Object.entries(given));
  const repeated: [string, string][] = [];
  const textOf = (cell: string) => (isExact ? cell : unguarded(cell));
  for (const [column, cell] of cells) {
    if (RECORD_COLUMNS.has(column) || column === EXTRA_COLUMN) continue;
    if (!isExact && column !== 'body' && ROUNDED.test(cell)) {
      throw new CsvFault(
        { line, column },
        'a spreadsheet has rounded it, as in 6.14E+10.',
        'Give the column the format "text" or "number without decimals" in the spreadsheet, enter what is lost, and save it again.',
      );
    }
    const text = textOf(cell);
    fields.set(column, text === '' && ABSENT_IF_EMPTY.has(column) ? undefined : text);
  }
  if (cells.has('timestamp') && !/^\d+$/.test(fields.get('timestamp') ?? '0')) {
    throw new CsvFault(
      { line, column: 'timestamp' },
      'it must be seconds since 1970, such as 1576391654.',
      'Leave it empty to send none. Leave out the column to send the time of now.',
    );
  }
  const extra = cells.get(EXTRA_COLUMN);
  if (extra !== undefined) {
    // `extra` has them if they were sent, so none is made up.
    for (const name of SETTINGS) if (!fields.has(name)) fields.set(name, undefined);
    for (const [name, value] of extraOf(textOf(extra), line)) {
      if (OPTIONAL.has(name) && cells.has(name)) {
        // The stored message had the field twice, or malformed. Sent as a second value, it becomes extra again.
        fields.set(name, fields.get(name) ?? '');
        repeated.push([name, value]);
      } else if (cells.has(name) && fields.get(name) !== undefined) repeated.push([name, value]);
      else fields.set(name, value);
    }
  }
  const message = { fields: Object.fromEntries(fields), repeated };
  checkMessage(message, line, (field) => cells.has(field) || !Object.hasOwn(given, field));
  return message;
}

/** The extra fields. @throws {CsvFault} If they are not a JSON object of texts. */
function extraOf(text: string, line: number): [name: string, value: string][] {
  if (text === '') return [];
  try {
    const extra: unknown = JSON.parse(text);
    if (isTexts(extra)) return Object.entries(extra);
  } catch {
    // Text that is not JSON has the same fault.
  }
  throw new CsvFault(
    { line, column: EXTRA_COLUMN },
    'it must be a JSON object of texts.',
    'Write it like {"colour":"red"}, or leave it empty.',
  );
}

function isTexts(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}

/** Checks with the webhook's own code. A value of an option may be refused, because people test with options. */
function checkMessage(
  { fields, repeated }: MessageToSend,
  line: number,
  isOfFile: (field: string) => boolean,
): void {
  const { body } = formRequest(pbxFields('https://example.com/sms/test', fields), repeated);
  try {
    const same = (text: string) => text;
    const reading = { redactor: { url: same, text: same }, warn: () => {} };
    readSmsMessage(decodeForm(Buffer.from(body ?? '')), reading);
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    const fault = error.faults.find(({ field }) => isOfFile(field));
    if (!fault) return;
    const hint =
      fault.field === 'message_id'
        ? 'Leave out the column to give each message a new one.'
        : 'The webhook would refuse this message. To send it all the same, use --field or --malformed.';
    throw new CsvFault({ line, column: fault.field }, `it ${fault.reason}.`, hint);
  }
}
