import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  type CsvOptions,
  type MessageToSend,
  messagesOfCsv,
} from '../../../tools/cli/messages-to-send.ts';
import { temporaryDir } from '../local/temporary-dir.ts';

const HEADER = 'message_id,from,body\n';

/** What is sent of a file, or the error; and what people are told. */
async function read(content: string | Uint8Array, options: Partial<CsvOptions> = {}) {
  const directory = await temporaryDir();
  await writeFile(join(directory, 'a.csv'), content);
  const notes: string[] = [];
  const messages = await messagesOfCsv('a.csv', runtimeOf(directory), {
    fields: {},
    note: (text) => notes.push(text),
    ...options,
  });
  const all: MessageToSend[] = [];
  for await (const message of messages) all.push(message);
  return { messages: all, notes };
}

function runtimeOf(
  directory: string,
  stdin: Readable = new PassThrough(),
  signal = new AbortController().signal,
) {
  return {
    directory,
    stdin: stdin as unknown as NodeJS.ReadStream,
    signal,
  };
}

async function fieldsOf(content: string | Uint8Array, options: Partial<CsvOptions> = {}) {
  return (await read(content, options)).messages.map(({ fields }) => fields);
}

describe('a CSV file to send', () => {
  it.each([
    ['UTF-8', Buffer.from(`${HEADER}m-1,+61491570110,Olé 🎉\n`)],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${HEADER}m-1,+61491570110,Olé 🎉\n`)],
    ['UTF-16', Buffer.from(`\ufeff${HEADER}m-1,+61491570110,Olé 🎉\n`, 'utf16le')],
    [
      'big-endian UTF-16',
      Buffer.from(`\ufeff${HEADER}m-1,+61491570110,Olé 🎉\n`, 'utf16le').swap16(),
    ],
    [
      'lines that end as on Windows',
      Buffer.from(`${HEADER}m-1,+61491570110,Olé 🎉\n`.replaceAll('\n', '\r\n')),
    ],
    [
      'lines that end as on old Macs',
      Buffer.from(`${HEADER}m-1,+61491570110,Olé 🎉`.replaceAll('\n', '\r')),
    ],
    ['no end of the last line', Buffer.from(`${HEADER}\n\nm-1,+61491570110,Olé 🎉`)],
  ])('may have %s', async (_, content) => {
    expect(await fieldsOf(content)).toEqual([
      { message_id: 'm-1', from: '+61491570110', body: 'Olé 🎉' },
    ]);
  });

  it.each([
    [';', 'semicolons'],
    ['\t', 'tabs'],
  ])('may be separated by %j, which is told once', async (separator, name) => {
    const content = `message_id${separator}"body"\nm-1${separator}"a,b${separator}"\n`;
    expect(await read(content)).toMatchObject({
      messages: [{ fields: { message_id: 'm-1', body: `a,b${separator}` } }],
      notes: [`a.csv is read as separated by ${name}.`],
    });
  });

  it('says what is sent with its empty cells, too: options are for what has no column', async () => {
    const content = 'message_id,from,service_id,timestamp,body\nm-1,,,,\n';
    const fields = { from: '+61491570110', service_id: '4711', sms_number: '+61491570157' };
    expect(await fieldsOf(content, { fields })).toEqual([
      {
        ...{ message_id: 'm-1', from: '', body: '', sms_number: '+61491570157' },
        ...{ service_id: undefined, timestamp: undefined },
      },
    ]);
  });

  it('may go with options that the webhook refuses', async () => {
    const fields = { message_id: 'm 1', timestamp: 'now' };
    expect(await fieldsOf('body\na\n', { fields })).toEqual([{ ...fields, body: 'a' }]);
  });

  it('has other fields in extra', async () => {
    const extra = '"{""colour"":""red"",""webhook_url"":""http://x""}"';
    expect(await fieldsOf(`body,extra\na,${extra}\nb,\n`)).toEqual([
      { body: 'a', colour: 'red', webhook_url: 'http://x', webhook_url_fallback: undefined },
      { body: 'b', webhook_url: undefined, webhook_url_fallback: undefined },
    ]);
  });

  it("loses the ' that guards a cell, unless its cells are exact", async () => {
    const content = "from,body\n'+61491570110,'=1\nA shop,'tis\n";
    expect(await fieldsOf(content)).toEqual([
      { from: '+61491570110', body: '=1' },
      { from: 'A shop', body: "'tis" },
    ]);
    expect((await fieldsOf(content, { isExact: true }))[0]).toEqual({
      ...{ from: "'+61491570110", body: "'=1" },
    });
  });

  it.each<[string, string | Uint8Array, string, string]>([
    ['an empty file', '', 'a.csv: there are no messages in it.', 'The first line names'],
    ['a byte order mark alone', '\ufeff', 'a.csv: there are no messages in it.', ''],
    ['a first line alone', HEADER, 'a.csv: there are no messages in it.', ''],
    [
      'an unknown column beside known ones',
      'message_id,from,boddy\nm-1,a,b\n',
      'a.csv, line 1: there is no field "boddy". Do you mean body?',
      'Allowed are message_id, service_id, from, sms_number, body, timestamp',
    ],
    ['another name of a column', 'id,to\n1,2\n', '"id". Do you mean message_id?', 'Allowed are'],
    ['other names, separated by tabs', 'to\tText\n1\t2\n', '"to". Do you mean sms_number?', ''],
    ['a column in capitals', 'From,body\n1,2\n', '"From". Do you mean from?', ''],
    [
      'a column that is like none',
      'body,colour\n1,2\n',
      'no field "colour".',
      'into extra, as JSON',
    ],
    ['no names of columns', '+61491570110,secret\n', 'column 1 has a name that no field has.', ''],
    ['a column twice', 'from,body,from\n1,2,3\n', 'line 1: there are two columns from.', ''],
    ['a column without a name', 'from,,body\n1,2,3\n', 'line 1: column 2 has no name.', ''],
    ['columns of the record alone', 'state\nx\n', 'line 1: no column is a field to send.', ''],
    [
      'too few cells',
      `${HEADER}m-1,a,"b\r\nc"\r\nm-2,a\n`,
      'line 4: it has 2 cells, and the first line names 3 columns.',
      'write "" for each " in it',
    ],
    ['too many cells', `${HEADER}m-1,a,b,c\n`, 'line 2: it has 4 cells', ''],
    ['a quote that none closes', `${HEADER}m-1,a,b\nm-2,a,"b\n`, 'line 3: a cell begins with', ''],
    ['a quote inside a cell', `${HEADER}m-1,a,b"c\n`, 'line 2: a cell has a quotation mark', ''],
    [
      'text behind a quote',
      `${HEADER}m-1,a,"b"c\n`,
      'line 2: a cell has text after its closing',
      '',
    ],
    [
      'an empty message_id',
      `${HEADER}m-1,a,b\n,a,b\n`,
      'a.csv, line 3, column message_id: it is empty.',
      'Leave out the column',
    ],
    ['a message_id with a space', `${HEADER}m 1,a,b\n`, 'must be 1 to 128 visible ASCII', ''],
    [
      'a text that is too long',
      `body\n${'x'.repeat(10_001)}\n`,
      'column body: it must have 10000',
      '',
    ],
    ['zero bytes in a number', 'from,body\na\0b,c\n', 'column from: it must not hold control', ''],
    [
      'a rounded number',
      `${HEADER}m-1,6.14E+10,b\n`,
      'line 2, column from: a spreadsheet has rounded it',
      'Give the column the format',
    ],
    ['a date for a timestamp', 'timestamp,body\n1/2/2026,b\n', 'column timestamp: it must be', ''],
    ['extra that is none', 'body,extra\na,red\n', 'line 2, column extra: it must be a JSON', ''],
    ['extra that is a list', 'body,extra\na,"[""a""]"\n', 'column extra: it must be a JSON', ''],
    ['extra with a number', 'body,extra\na,"{""a"":1}"\n', 'column extra: it must be a JSON', ''],
    [
      'another encoding',
      Buffer.concat([Buffer.from(`${HEADER}m-1,a,b\r\nm-2,a,Ol`), Buffer.from([0xe9, 0x0a])]),
      'a.csv, line 3: it is not UTF-8.',
      'CSV UTF-8 (Comma delimited)',
    ],
    [
      'UTF-16 without a mark',
      Buffer.from(HEADER, 'utf16le'),
      'line 1: it holds zero bytes.',
      'UTF-16',
    ],
    [
      'UTF-16 that is cut',
      Buffer.from(`\ufeff${HEADER}`, 'utf16le').subarray(0, -1),
      'it begins as UTF-16, but is not valid UTF-16.',
      'UTF-8',
    ],
    ['no lines', 'x'.repeat(1_100_000), 'a line of it is longer than 1 MB.', ''],
  ])('is refused before anything is sent: %s', async (_, content, message, hint) => {
    const reading = read(content);
    await expect(reading).rejects.toMatchObject({
      message: expect.stringContaining(message),
      exitCode: 2,
      hint: expect.stringContaining(hint),
    });
    await expect(reading).rejects.not.toThrow(/secret/);
  });

  it('names the line of a fault however long the file is', async () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => `m-${row},é,"b\r\n\ufffd"\r\n`);
    const broken = Buffer.from([0x6d, 0xe9, 0x2c, 0x2c, 0x0a]);
    const content = Buffer.concat([Buffer.from(HEADER), Buffer.from(rows.join('')), broken]);
    await expect(read(content)).rejects.toThrow('a.csv, line 40002: it is not UTF-8.');
    await expect(read(`${HEADER}${rows.join('')}m,a\n`)).rejects.toThrow('line 40002: it has 2');
  });

  it.each([
    ['is not there', 'b.csv', 'b.csv: there is no such file.'],
    ['is a folder', '.', '.: it is a folder.'],
  ])('is refused if it %s', async (_, file, message) => {
    const runtime = runtimeOf(await temporaryDir());
    await expect(messagesOfCsv(file, runtime, { fields: {} })).rejects.toThrow(message);
  });

  it('that comes through a pipe is checked row by row: it may never end', async () => {
    const stdin = new PassThrough();
    const messages = await messagesOfCsv('-', runtimeOf('/', stdin), { fields: {} });
    stdin.write(`${HEADER}m-1,a,b\nm-2,a,b\n`);
    expect((await messages.next()).value).toMatchObject({ fields: { message_id: 'm-1' } });
    stdin.end('m-3,a\n');
    const rest = async () => {
      for await (const { fields } of messages) expect(fields).toMatchObject({ message_id: 'm-2' });
    };
    await expect(rest()).rejects.toThrow('stdin, line 4: it has 2 cells');
  });

  it('that comes through a pipe is no longer waited for when the command is stopped', async () => {
    const stopping = new AbortController();
    const runtime = runtimeOf('/', new PassThrough(), stopping.signal);
    const next = (await messagesOfCsv('-', runtime, { fields: {} })).next();
    stopping.abort(new Error('stopped'));
    await expect(next).rejects.toThrow('stopped');
  });
});
