import { CsvFault } from './csv-fault.ts';
import { EXTRA_COLUMN, RECORD_COLUMNS, SENT_COLUMNS } from './message-columns.ts';

/** Fields of the form that a file may name: the others go into `extra`. */
const FIELDS: readonly string[] = [
  ...SENT_COLUMNS,
  'webhook_url',
  'webhook_url_fallback',
  EXTRA_COLUMN,
];
const KNOWN: ReadonlySet<string> = new Set([...FIELDS, ...RECORD_COLUMNS]);

/** What people call the fields. */
const OTHER_NAMES: ReadonlyMap<string, (typeof SENT_COLUMNS)[number]> = new Map([
  ...['id', 'uuid'].map((name) => [name, 'message_id'] as const),
  ...['sender', 'phone'].map((name) => [name, 'from'] as const),
  ...['to', 'recipient', 'receiver'].map((name) => [name, 'sms_number'] as const),
  ...['text', 'message', 'content', 'sms'].map((name) => [name, 'body'] as const),
  ...['date', 'time', 'sent_at'].map((name) => [name, 'timestamp'] as const),
]);

const ALLOWED = `The first line names the columns. Allowed are ${FIELDS.join(', ')}, and those that export adds. Any other field goes into extra, as JSON, or into --field.`;

/** What separates cells: Excel writes the list separator of the system, and tabs as "Text". */
export const DELIMITERS = { ',': 'commas', ';': 'semicolons', '\t': 'tabs' } as const;
export type Delimiter = keyof typeof DELIMITERS;

/** The delimiter with which most names of the first line are known, or else the most frequent one. */
export function delimiterOf(firstLine: string): Delimiter {
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
 * @throws {CsvFault} If a column is unknown, nameless or there twice: what it holds would not be sent,
 * and nobody would notice.
 */
export async function checkHeader(names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) {
    if (name.trim() === '') throw fault(`column ${index + 1} has no name.`);
    if (!KNOWN.has(name)) throw await unknownColumn(name, index);
    if (names.indexOf(name) < index) throw fault(`there are two columns ${name}.`);
  }
  if (!names.some((name) => FIELDS.includes(name))) throw fault('no column is a field to send.');
}

/** A file without names begins with a message: nothing of it is quoted. */
async function unknownColumn(name: string, index: number): Promise<CsvFault> {
  if (name.includes('\0')) {
    const hint = 'It may be UTF-16 without a byte order mark. Save it as CSV in UTF-8.';
    return new CsvFault({ line: 1 }, 'it holds zero bytes.', hint);
  }
  if (!/^\s*[a-z][\w. -]{0,30}$/i.test(name)) {
    return fault(`column ${index + 1} has a name that no field has.`);
  }
  const word = name
    .trim()
    .toLowerCase()
    .replace(/[ .-]+/g, '_');
  const { closest, distance } = await import('fastest-levenshtein');
  const near = OTHER_NAMES.get(word) ?? closest(word, [...KNOWN]);
  const isNear = OTHER_NAMES.has(word) || distance(word, near) <= Math.max(2, word.length / 3);
  return fault(
    `there is no field ${JSON.stringify(name)}.${isNear ? ` Do you mean ${near}?` : ''}`,
  );
}

function fault(message: string): CsvFault {
  return new CsvFault({ line: 1 }, message, ALLOWED);
}
