import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { type CliError, usageError } from './cli-error.ts';
import { CsvFault } from './csv-fault.ts';
import { type MessageToSend, messageOfRow } from './csv-message.ts';
import { csvRows } from './csv-rows.ts';
import { csvText } from './csv-text.ts';
import type { Runtime } from './runtime.ts';
import type { Fields } from './send-options.ts';

/** The same message so many times: what makes one of its own is made up for each. */
export async function* repeated(fields: Fields, count: number): AsyncGenerator<MessageToSend> {
  for (let sent = 0; sent < count; sent++) yield { fields };
}

export interface CsvOptions {
  /** What the rows do not say. */
  readonly fields: Fields;
  /** No `'` is a guard. */
  readonly isExact?: boolean | undefined;
  /** Tells people how the file is read. */
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
  { directory, stdin, signal }: Pick<Runtime, 'directory' | 'stdin' | 'signal'>,
  options: CsvOptions,
): Promise<AsyncGenerator<MessageToSend>> {
  if (file === '-') return read('stdin', () => stdin, signal, options);
  const path = resolve(directory, file);
  const isFile = await stat(path).then(
    (stats) => stats.isFile() || stats.isDirectory(),
    () => true,
  );
  const open = (how: CsvOptions) => read(file, () => createReadStream(path), signal, how);
  if (!isFile) return open(options);
  for await (const _ of open(options));
  return open({ ...options, note: () => {} });
}

async function* read(
  name: string,
  open: () => Readable,
  signal: AbortSignal,
  { fields, isExact, note = () => {} }: CsvOptions,
): AsyncGenerator<MessageToSend> {
  let isEmpty = true;
  // A pipe may wait for ever.
  const input = addAbortSignal(signal, open());
  try {
    const rows = csvRows(csvText(input), (delimiter) =>
      note(`${name} is read as separated by ${delimiter}.`),
    );
    for await (const row of rows) {
      isEmpty = false;
      yield messageOfRow(row, fields, isExact);
    }
    if (isEmpty) throw new CsvFault({}, NO_MESSAGES, HOW);
  } catch (error) {
    signal.throwIfAborted();
    throw explained(error, name);
  } finally {
    input.destroy();
  }
}

const NO_MESSAGES = 'there are no messages in it.';
const HOW =
  'The first line names the columns, such as from,body, and each line behind it is a message.';

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file.',
  EISDIR: 'it is a folder.',
  EACCES: 'you may not read it.',
};

function explained(error: unknown, name: string): CliError | unknown {
  if (error instanceof CsvFault) {
    const { line, column } = error.place;
    const place = [name, line && `line ${line}`, column && `column ${column}`].filter(Boolean);
    return usageError(`${place.join(', ')}: ${error.message}`, error.hint);
  }
  if (error instanceof Error && 'code' in error && 'syscall' in error) {
    return usageError(`${name}: ${FILE_ERRORS[String(error.code)] ?? error.message}`);
  }
  return error;
}
