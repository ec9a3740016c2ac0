import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { usageError } from './cli-error.ts';
import { CsvFault } from './csv-file.ts';
import type { Runtime } from './runtime.ts';

/** A file that a person has named, or stdin. */
export interface InputFile {
  /** Its name in errors and notes. */
  readonly name: string;
  /**
   * Parses its bytes. Each call opens the file.
   *
   * @throws {CliError} If it cannot be read, or for a {@link CsvFault}, with the line and the column.
   */
  read<T>(parse: (bytes: AsyncIterable<Uint8Array>) => AsyncGenerator<T>): AsyncGenerator<T>;
}

/** @param file A path, or `-` for stdin. */
export function inputFile(
  file: string,
  { directory, stdin, signal }: Pick<Runtime, 'directory' | 'stdin' | 'signal'>,
): InputFile {
  const name = file === '-' ? 'stdin' : file;
  return {
    name,
    async *read(parse) {
      // A pipe may wait forever.
      const opened = file === '-' ? stdin : createReadStream(resolve(directory, file));
      const input = addAbortSignal(signal, opened);
      try {
        yield* parse(input);
      } catch (error) {
        signal.throwIfAborted();
        throw explained(error, name);
      } finally {
        input.destroy();
      }
    },
  };
}

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file.',
  EISDIR: 'it is a folder.',
  EACCES: 'you may not read it.',
};

function explained(error: unknown, name: string): unknown {
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
