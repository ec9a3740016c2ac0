import { MESSAGE_ID } from '../../lib/http/read-sms-message.ts';
import { ReceivedIds } from '../archive/reconciliation.ts';
import { CsvFault, csvRows, csvText } from './csv-file.ts';
import { inputFile } from './input-file.ts';
import type { Runtime } from './runtime.ts';
import { unguarded } from './spreadsheet-guard.ts';

const COLUMN = 'message_id';
const HOW = `Give one id a line, JSON Lines with the field ${COLUMN}, or CSV with the column ${COLUMN}.`;

/**
 * The ids of a file: one a line, or in JSON Lines or CSV. Empty lines and repeated ids do no harm.
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

/** Its first line that is not empty tells which of the formats it is. */
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
  if (/^[{[]/.test(firstLine)) return idsOfJson(all);
  const cells = firstLine.split(/[,;\t]/);
  return cells.length > 1 || unquoted(firstLine) === COLUMN ? idsOfCsv(all) : idsOfLines(all);
}

async function* idsOfLines(texts: AsyncIterable<string>): AsyncGenerator<FoundId> {
  for await (const { line, text } of linesOf(texts)) yield { line, id: unquoted(text) };
}

async function* idsOfJson(texts: AsyncIterable<string>): AsyncGenerator<FoundId> {
  for await (const { line, text } of linesOf(texts)) {
    if (text.trim() === '') continue;
    const id = fieldOf(text);
    if (id === undefined) {
      throw new CsvFault({ line }, `it is no JSON object with the text ${COLUMN}.`, HOW);
    }
    yield { line, id };
  }
}

function fieldOf(json: string): string | undefined {
  try {
    const id: unknown = JSON.parse(json)?.[COLUMN];
    return typeof id === 'string' && id !== '' ? id : undefined;
  } catch {
    return undefined;
  }
}

async function* idsOfCsv(texts: AsyncGenerator<string>): AsyncGenerator<FoundId> {
  let column = COLUMN;
  const checkHeader = (names: readonly string[]) => {
    const [name, ...others] = names.filter((each) => each.trim() === COLUMN);
    // A file without names begins with what somebody wrote: nothing of it is quoted.
    if (name === undefined) throw new CsvFault({ line: 1 }, `there is no column ${COLUMN}.`, HOW);
    if (others.length > 0) throw new CsvFault({ line: 1 }, `two columns are ${COLUMN}.`, HOW);
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

function unquoted(text: string): string {
  const bare = text.trim();
  return bare.startsWith('"') && bare.endsWith('"') ? bare.slice(1, -1) : bare;
}
