import { MESSAGE_ID } from '../../lib/http/read-sms-message.ts';
import { ReceivedIds } from '../archive/reconciliation.ts';
import { unguarded } from '../archive/spreadsheet-guard.ts';
import { CsvFault, csvRows, csvText } from './csv-file.ts';
import { inputFile } from './input-file.ts';
import type { Runtime } from './runtime.ts';

const COLUMN = 'message_id';
const HOW = `Give one id a line, JSON Lines with the field ${COLUMN}, or CSV with the column ${COLUMN}.`;

/**
 * The ids of a file. Empty lines and repeated ids do no harm. The first line that is not empty tells the format:
 *
 * - a JSON object or text: each line is an object with `message_id`, or an id
 * - names of columns, one of them `message_id`: CSV
 * - anything else: each line is an id, as it is
 *
 * @param file A path, or `-` for stdin.
 * @throws {CliError} If it cannot be read: with the line and the column.
 */
export async function readReceivedIds(
  file: string,
  runtime: Pick<Runtime, 'directory' | 'stdin' | 'signal'>,
): Promise<ReceivedIds> {
  const ids = new ReceivedIds();
  for await (const id of inputFile(file, runtime).read(idsOf)) ids.add(id);
  return ids;
}

interface FoundId {
  readonly line: number;
  readonly id: string;
}

async function* idsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for await (const { line, id } of await foundIn(csvText(bytes))) {
    if (id === '') continue;
    if (!MESSAGE_ID.test(id)) {
      const rule = `it has no ${COLUMN}, which is 1 to 128 visible ASCII characters.`;
      throw new CsvFault({ line }, rule, HOW);
    }
    yield id;
  }
}

async function foundIn(texts: AsyncGenerator<string, void>): Promise<AsyncGenerator<FoundId>> {
  let begin = '';
  while (begin.trim() === '') {
    const { value, done } = await texts.next();
    if (done) break;
    begin += value;
  }
  const [firstLine = ''] = begin.trimStart().split(/[\r\n]/, 1);
  const all = (async function* () {
    // The first line of a CSV file names its columns.
    yield begin.replace(/^[\r\n]+/, '');
    yield* texts;
  })();
  const json = parsed(firstLine);
  if (typeof json === 'object' && json !== null) return idsOfJson(all);
  // Checked first, because a name in quotation marks is also a JSON text.
  if (namesColumn(firstLine)) return idsOfCsv(all);
  return typeof json === 'string' ? idsOfJson(all) : idsOfLines(all);
}

function namesColumn(line: string): boolean {
  const cells = [',', ';', '\t'].flatMap((delimiter) => line.split(delimiter));
  return cells.some(
    (cell) =>
      cell
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .trim() === COLUMN,
  );
}

async function* idsOfLines(texts: AsyncIterable<string>): AsyncGenerator<FoundId> {
  for await (const { line, text } of linesOf(texts)) yield { line, id: text.trim() };
}

async function* idsOfJson(texts: AsyncIterable<string>): AsyncGenerator<FoundId> {
  for await (const { line, text } of linesOf(texts)) {
    if (text.trim() === '') continue;
    const json = parsed(text);
    const id = typeof json === 'string' ? json : json?.[COLUMN];
    if (typeof id !== 'string' || id === '') {
      const rule = `it is neither a JSON object with the text ${COLUMN} nor a JSON text.`;
      throw new CsvFault({ line }, rule, HOW);
    }
    yield { line, id };
  }
}

/** Nothing if it is not JSON. */
function parsed(text: string): string | { readonly [COLUMN]?: unknown } | null | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function* idsOfCsv(texts: AsyncGenerator<string>): AsyncGenerator<FoundId> {
  let column = COLUMN;
  const checkHeader = (names: readonly string[]) => {
    const [name, ...others] = names.filter((each) => each.trim() === COLUMN);
    // The error quotes nothing: in a file without names, the first line is data.
    if (name === undefined) throw new CsvFault({ line: 1 }, `there is no column ${COLUMN}.`, HOW);
    if (others.length > 0)
      throw new CsvFault({ line: 1 }, `two columns have the name ${COLUMN}.`, HOW);
    column = name;
  };
  for await (const { line, cells } of csvRows(texts, { checkHeader })) {
    yield { line, id: unguarded((cells.get(column) ?? '').trim()) };
  }
}

interface Line {
  readonly line: number;
  readonly text: string;
}

async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<Line> {
  let line = 1;
  let rest = '';
  for await (const text of texts) {
    const lines = (rest + text).split(/\r\n|\n|\r/);
    rest = lines.pop() ?? '';
    for (const each of lines) yield { line: line++, text: each };
  }
  yield { line, text: rest };
}
