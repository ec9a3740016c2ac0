import { pipeline } from 'node:stream';
import type { Options } from 'csv-parse';
import { CsvFault, lineBreaks } from './csv-fault.ts';
import { checkHeader, DELIMITERS, type Delimiter, delimiterOf } from './csv-header.ts';

/** A row of a CSV file, its cells as they are written. */
export interface CsvRow {
  /** The first one, if it has several. */
  readonly line: number;
  readonly cells: ReadonlyMap<string, string>;
}

/** A message has 10,000 characters and 4 KB of other fields at most. */
const MAX_ROW_CHARACTERS = 1_000_000;

const QUOTES =
  'A cell that holds a quotation mark, a separator or a line break is written "so", with "" for each ".';

/**
 * The rows behind the first line, which names the columns.
 *
 * @param onDelimiter Told of what separates the cells, if that is no comma.
 * @throws {CsvFault} If the columns are not fields, or a row is not like the first line.
 */
export async function* csvRows(
  texts: AsyncIterable<string>,
  onDelimiter: (name: string) => void = () => {},
): AsyncGenerator<CsvRow> {
  const { firstLine, all } = await peekLine(texts);
  const delimiter = delimiterOf(firstLine);
  if (delimiter !== ',') onDelimiter(DELIMITERS[delimiter]);
  let names: readonly string[] | undefined;
  for await (const { line, cells } of records(all, delimiter)) {
    if (!names) {
      await checkHeader(cells);
      names = cells;
    } else if (cells.length === names.length) {
      yield { line, cells: new Map(names.map((name, index) => [name, cells[index] ?? ''])) };
    } else {
      throw new CsvFault(
        { line },
        `it has ${cells.length} cells, and the first line names ${names.length} columns.`,
        QUOTES,
      );
    }
  }
}

interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

async function* records(texts: AsyncIterable<string>, delimiter: Delimiter): AsyncGenerator<Line> {
  const { CsvError, parse } = await import('csv-parse');
  let next = 1;
  const options: Options<Line, { record: string[]; raw: string }> = {
    delimiter,
    // Files of several systems, put together.
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: MAX_ROW_CHARACTERS,
    relax_column_count: true,
    raw: true,
    // The parser's own count of lines takes `\r\n` in a cell for two.
    on_record: ({ record, raw }) => {
      const line = next;
      next += lineBreaks(raw);
      return /^[\r\n]*$/.test(raw) ? null : { line, cells: record };
    },
  };
  // Its types know of `on_record` with `columns` only.
  const parser = parse(options as unknown as Options);
  // Its failure ends the parser, and so the loop.
  pipeline(texts, parser, () => {});
  try {
    for await (const record of parser) yield record;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new CsvFault({ line: next }, REASONS[error.code] ?? error.message, QUOTES);
  }
}

const NOT_CLOSED = 'a cell begins with a quotation mark, and none closes it.';

const REASONS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: NOT_CLOSED,
  CSV_MAX_RECORD_SIZE: NOT_CLOSED,
  INVALID_OPENING_QUOTE: 'a quotation mark stands in a cell that does not begin with one.',
  CSV_INVALID_CLOSING_QUOTE: 'a cell goes on behind the quotation mark that closes it.',
};

/** Reads as far as the first line goes. */
async function peekLine(
  texts: AsyncIterable<string>,
): Promise<{ firstLine: string; all: AsyncIterable<string> }> {
  const iterator = texts[Symbol.asyncIterator]();
  let begin = '';
  while (!/[\r\n]/.test(begin)) {
    const { done, value } = await iterator.next();
    if (done) break;
    begin += value;
  }
  async function* all() {
    yield begin;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { firstLine: begin.split(/[\r\n]/, 1)[0] ?? '', all: all() };
}
