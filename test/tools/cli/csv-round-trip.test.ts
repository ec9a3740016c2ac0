import { Readable } from 'node:stream';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeForm } from '../../../lib/http/form.ts';
import { readSmsMessage } from '../../../lib/http/read-sms-message.ts';
import { redactorOf } from '../../../lib/http/redact.ts';
import type { SmsMessage } from '../../../lib/messages/sms-message.ts';
import { type CsvDialect, csvLines } from '../../../tools/archive/message-file.ts';
import { csvRows, csvText } from '../../../tools/cli/csv-file.ts';
import { messageOfRow } from '../../../tools/cli/messages-to-send.ts';
import { formRequest, pbxFields } from '../../../tools/pbx-simulator/request.ts';

/** The message that the webhook makes of a form. */
function received(form: ReturnType<typeof formRequest>): SmsMessage {
  return readSmsMessage(decodeForm(Buffer.from(form.body ?? '')), {
    redactor: redactorOf('a-token-of-some-length'),
    warn: () => {},
  });
}

/** What `export` writes. */
async function exported(messages: readonly SmsMessage[], dialect: CsvDialect): Promise<Buffer> {
  const { mark, header, of } = await csvLines(dialect);
  const lines = messages.map((message) =>
    of({ ...message, received_at: 1_794_005_400_000, requests: 1, publish_attempts: 1 }),
  );
  return Buffer.from(mark + [header, ...lines, ''].join('\n'));
}

/** The same file as a spreadsheet saves it where a comma is the decimal sign, as Unicode text. */
function saved(csv: Buffer): Buffer {
  const rows: string[][] = parse(csv, { bom: true });
  const options = { delimiter: ';', record_delimiter: '\r\n', quoted_string: true };
  return Buffer.from(`\ufeff${stringify(rows, options)}`, 'utf16le');
}

/** What the webhook receives when `send` sends the file. */
async function sentBack(csv: Buffer, isExact: boolean): Promise<SmsMessage[]> {
  const messages: SmsMessage[] = [];
  // In pieces, so that characters, cells and line ends are cut.
  const pieces = Array.from({ length: Math.ceil(csv.length / 97) }, (_, piece) =>
    csv.subarray(piece * 97, (piece + 1) * 97),
  );
  for await (const row of csvRows(csvText(Readable.from(pieces)))) {
    const { fields, repeated } = messageOfRow(row, {}, isExact);
    messages.push(received(formRequest(pbxFields('https://example.com', fields), repeated)));
  }
  return messages;
}

const PIECES = [
  ...[
    "'",
    "''",
    '=',
    '=1',
    '＝',
    '＋',
    '－',
    '＠',
    '+',
    '-5',
    '-',
    '@',
    '+61400000001',
    '0412',
    '%',
  ],
  ...[',', ';', '"', '""', '\n', '\r', '\r\n', '\t', ' ', '\u200b', '\ufeff', '\ufffd', '\u0000'],
  ...['{', '}', '\\', 'é', '🎉', 'word', '1E5', '__proto__'],
];
const pieces = (allowed: readonly string[] = PIECES) =>
  fc.array(fc.constantFrom(...allowed), { maxLength: 8 }).map((all) => all.join(''));
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), pieces());
/** Numbers and names hold no control characters. */
const anyName = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  pieces(PIECES.filter((piece) => !/\p{Cc}/u.test(piece))),
);
const anyId = fc.oneof(
  fc.uuid(),
  fc.stringMatching(/^[\x21-\x7e]{1,20}$/),
  fc.constantFrom("'=1", '=1', '-5', "'", ',', '"', '+61400000001', '1E+10'),
);
const MESSAGE_FIELDS = ['message_id', 'from', 'sms_number', 'body'];
/** Other fields of the form, be they repeated or malformed ones of the message. */
const anyExtra = fc.array(
  fc.tuple(
    fc
      .oneof(
        fc.constantFrom(
          'colour',
          'service_id',
          'timestamp',
          'webhook_url',
          '',
          '__proto__',
          'extra',
        ),
        fc.string({ unit: 'binary', maxLength: 10 }),
      )
      .filter((name) => !MESSAGE_FIELDS.includes(name)),
    anyText,
  ),
  { maxLength: 5 },
);

const anyMessage = fc
  .record({
    message_id: anyId,
    from: anyName,
    sms_number: anyName,
    body: anyText,
    service_id: fc.option(anyName, { nil: undefined }),
    timestamp: fc.option(fc.nat().map(String), { nil: undefined }),
    extra: anyExtra,
  })
  .map(({ extra, ...fields }) => {
    const given = Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    return received(formRequest({}, [...given, ...extra]));
  });

it.each<[string, CsvDialect, (csv: Buffer) => Buffer]>([
  ['for spreadsheets', 'spreadsheet', (csv) => csv],
  ['for programs', 'exact', (csv) => csv],
  ['saved by a spreadsheet', 'spreadsheet', saved],
])(
  'what is exported is sent back as the same messages: %s',
  async (_, dialect, pass) => {
    const property = fc.asyncProperty(
      fc.array(anyMessage, { minLength: 1, maxLength: 3 }),
      async (messages) => {
        const csv = pass(await exported(messages, dialect));
        expect(await sentBack(csv, dialect === 'exact')).toEqual(messages);
      },
    );
    await fc.assert(property, { numRuns: 400 });
  },
  60_000,
);
