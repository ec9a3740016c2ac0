import { isUtf8 } from 'node:buffer';
import { pipeline } from 'node:stream';
import { TextDecoder } from 'node:util';
import type { Options } from 'csv-parse';
import { EXTRA_COLUMN, RECORD_COLUMNS, SENT_COLUMNS } from '../archive/message-file.ts';

/** An error in a CSV file, for the person who made it. */
export class CsvFault extends Error {
  override readonly name = 'CsvFault';
  /** The first line is 1. If a row has several lines, its first one counts. */
  readonly place: { readonly line?: number; readonly column?: string };
  /** What is allowed, or what to do. */
  readonly hint: string;

  constructor(place: CsvFault['place'], message: string, hint: string) {
    super(message);
    this.place = place;
    this.hint = hint;
  }
}

/** A row of a CSV file, with its cells as they are written. */
export interface CsvRow {
  /** The first line of the row. */
  readonly line: number;
  readonly cells: ReadonlyMap<string, string>;
}

/** No message makes a longer line, so a file with one is not a CSV file. */
const MAX_LINE_BYTES = 1_000_000;
/** A message has 10,000 characters and 4 KB of other fields at most. */
const MAX_ROW_CHARACTERS = 1_000_000;
const LF = 0x0a;

const SAVE_AS_UTF8 = 'Save the file as CSV in UTF-8, in Excel: CSV UTF-8 (Comma delimited).';
const QUOTES =
  'Put a cell with a quotation mark, a separator or a line break between quotation marks, and write "" for each " in it.';

/**
 * The text of a CSV file, in pieces. The first piece has at least the first line. The file is UTF-8 with or without
 * a byte order mark, or UTF-16 with one.
 *
 * @throws {CsvFault} If it has another encoding: an unreadable character would be sent as a wrong one.
 */
export async function* csvText(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  let decoder: TextDecoder | undefined;
  let line = 1;
  try {
    for await (const block of wholeLines(bytes)) {
      decoder ??= new TextDecoder(encodingOf(block), { fatal: true });
      if (decoder.encoding === 'utf-8' && !isUtf8(block)) {
        const place = { line: line + linesBeforeFault(block) };
        throw new CsvFault(place, 'it is not UTF-8.', SAVE_AS_UTF8);
      }
      const text = decoder.decode(block, { stream: true });
      line += lineBreaks(text);
      yield text;
    }
    decoder?.decode();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw new CsvFault({}, 'it begins as UTF-16, but is not valid UTF-16.', SAVE_AS_UTF8);
  }
}

function encodingOf(begin: Buffer): string {
  const mark = begin.toString('hex', 0, 2);
  if (mark === 'fffe') return 'utf-16le';
  return mark === 'feff' ? 'utf-16be' : 'utf-8';
}

/** Blocks that end with a line feed, so that no character of UTF-8 is cut. */
async function* wholeLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const end = chunk.lastIndexOf(LF) + 1;
    if (end > 0) yield Buffer.concat([rest, chunk.subarray(0, end)]);
    rest = end > 0 ? Buffer.from(chunk.subarray(end)) : Buffer.concat([rest, chunk]);
    if (rest.length > MAX_LINE_BYTES) {
      throw new CsvFault({}, 'a line of it is longer than 1 MB.', 'Is it a CSV file?');
    }
  }
  if (rest.length > 0) yield rest;
}

/** UTF-8 has no byte of a line break inside a character. */
function linesBeforeFault(block: Buffer): number {
  const lines = block.toString('latin1').split(/\r\n|\n|\r/);
  return lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')));
}

/** Lines that a text ends; `\r\n` ends one. */
function lineBreaks(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}

interface CsvRowsOptions {
  /** Called if the separator is not a comma. */
  readonly onDelimiter?: ((name: string) => void) | undefined;
  /** Throws if the columns are wrong. By default they must be fields of a message. */
  readonly checkHeader?: (names: readonly string[]) => void | Promise<void>;
}

/**
 * The rows after the first line, which names the columns.
 *
 * @param texts The first has at least the first line.
 * @throws {CsvFault} If a column is wrong, or a row does not have the cells of the first line.
 */
export async function* csvRows(
  texts: AsyncGenerator<string>,
  { onDelimiter, checkHeader = checkFields }: CsvRowsOptions = {},
): AsyncGenerator<CsvRow> {
  const { value: first = '' } = await texts.next();
  const delimiter = delimiterOf(first.split(/[\r\n]/, 1)[0] ?? '');
  if (delimiter !== ',') onDelimiter?.(DELIMITERS[delimiter]);
  let names: readonly string[] | undefined;
  const all = (async function* () {
    yield first;
    yield* texts;
  })();
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
    // A file may be joined from files of several systems.
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: MAX_ROW_CHARACTERS,
    relax_column_count: true,
    raw: true,
    // The parser counts `\r\n` in a cell as two lines.
    on_record: ({ record, raw }) => {
      const line = next;
      next += lineBreaks(raw);
      return /^[\r\n]*$/.test(raw) ? null : { line, cells: record };
    },
  };
  // The types allow `on_record` only with `columns`.
  const parser = parse(options as unknown as Options);
  // A failure ends the parser, and with it the loop.
  pipeline(texts, parser, () => {});
  try {
    yield* parser;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new CsvFault({ line: next }, REASONS[error.code] ?? error.message, QUOTES);
  }
}

const NOT_CLOSED = 'a cell begins with a quotation mark, and has no closing one.';

const REASONS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: NOT_CLOSED,
  CSV_MAX_RECORD_SIZE: NOT_CLOSED,
  INVALID_OPENING_QUOTE: 'a cell has a quotation mark, but does not begin with one.',
  CSV_INVALID_CLOSING_QUOTE: 'a cell has text after its closing quotation mark.',
};

/** Fields of the form that may be columns. The others go into `extra`. */
const FIELDS: readonly string[] = [
  ...SENT_COLUMNS,
  'webhook_url',
  'webhook_url_fallback',
  EXTRA_COLUMN,
];
const KNOWN: ReadonlySet<string> = new Set([...FIELDS, ...RECORD_COLUMNS]);

const OTHER_NAMES = {
  message_id: ['id', 'uuid'],
  from: ['sender', 'phone'],
  sms_number: ['to', 'recipient', 'receiver'],
  body: ['text', 'message', 'content', 'sms'],
  timestamp: ['date', 'time', 'sent_at'],
};

/** Separators of cells. Excel writes the list separator of the system, or tabs as "Text". */
const DELIMITERS = { ',': 'commas', ';': 'semicolons', '\t': 'tabs' } as const;
type Delimiter = keyof typeof DELIMITERS;

/** The delimiter with which most names of the first line are known, or else the most frequent one. */
function delimiterOf(firstLine: string): Delimiter {
  const namesBy = (delimiter: Delimiter) => firstLine.split(delimiter);
  const known = (delimiter: Delimiter) =>
    namesBy(delimiter).filter((name) => KNOWN.has(name.trim().replaceAll('"', ''))).length;
  const all = Object.keys(DELIMITERS) as Delimiter[];
  // The sort is stable: a comma comes first.
  const [best] = all.toSorted(
    (a, b) => known(b) - known(a) || namesBy(b).length - namesBy(a).length,
  );
  return best ?? ',';
}

/**
 * @throws {CsvFault} If a column is unknown, has no name, or is there twice. Its values would silently not be sent.
 */
async function checkFields(names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) {
    if (name.trim() === '') throw headerFault(`column ${index + 1} has no name.`);
    if (!KNOWN.has(name)) throw await unknownColumn(name, index);
    if (names.indexOf(name) < index) throw headerFault(`there are two columns ${name}.`);
  }
  if (!names.some((name) => FIELDS.includes(name)))
    throw headerFault('no column is a field to send.');
}

/** The error quotes no other text: in a file without names, the first line is a message. */
async function unknownColumn(name: string, index: number): Promise<CsvFault> {
  if (name.includes('\0')) {
    const hint = 'It may be UTF-16 without a byte order mark. Save it as CSV in UTF-8.';
    return new CsvFault({ line: 1 }, 'it holds zero bytes.', hint);
  }
  if (!/^\s*[a-z][\w. -]{0,30}$/i.test(name)) {
    return headerFault(`column ${index + 1} has a name that no field has.`);
  }
  const word = name
    .trim()
    .toLowerCase()
    .replace(/[ .-]+/g, '_');
  const { closest, distance } = await import('fastest-levenshtein');
  const [field] = Object.entries(OTHER_NAMES).find(([, names]) => names.includes(word)) ?? [];
  const near = field ?? closest(word, [...KNOWN]);
  const isNear = field !== undefined || distance(word, near) <= Math.max(2, word.length / 3);
  return headerFault(
    `there is no field ${JSON.stringify(name)}.${isNear ? ` Do you mean ${near}?` : ''}`,
  );
}

function headerFault(message: string): CsvFault {
  return new CsvFault(
    { line: 1 },
    message,
    `The first line names the columns. Allowed are ${FIELDS.join(', ')}, and those that export adds. Any other field goes into extra, as JSON, or into --field.`,
  );
}
