import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { usageError } from './cli-error.ts';
import { RECORD_COLUMNS } from './csv-columns.ts';
import type { Fields } from './send-options.ts';

/** The same message so many times: what makes one of its own is made up for each. */
export async function* repeated(fields: Fields, count: number): AsyncGenerator<Fields> {
  for (let sent = 0; sent < count; sent++) yield fields;
}

/**
 * The messages of a CSV file, a row each, read as they are sent. Its first line names the fields. An
 * empty cell leaves the field as it is without the file, except that a text may be empty.
 *
 * @param source A path, or what is read.
 * @param fields What the rows do not say.
 * @throws {CliError} If it cannot be read: with the line.
 */
export async function* messagesOfCsv(
  source: string | Readable,
  fields: Fields,
): AsyncGenerator<Fields> {
  const { CsvError, parse } = await import('csv-parse');
  const input: Readable = typeof source === 'string' ? createReadStream(source) : source;
  const parser = parse({ bom: true, columns: true, skip_empty_lines: true });
  // A failed stream ends the reader only if it is told.
  input.on('error', (error) => parser.destroy(error));
  try {
    for await (const row of input.pipe(parser)) yield { ...fields, ...sentOf(row) };
  } catch (error) {
    if (error instanceof CsvError || isFileError(error)) {
      throw usageError(`The CSV cannot be read: ${(error as Error).message}`);
    }
    throw error;
  } finally {
    input.destroy();
  }
}

function sentOf(row: Readonly<Record<string, string>>): Fields {
  return Object.fromEntries(
    Object.entries(row).filter(
      ([name, value]) => !RECORD_COLUMNS.has(name) && (value !== '' || name === 'body'),
    ),
  );
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
