import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readReceivedIds } from '../../../tools/cli/received-ids.ts';
import { temporaryDir } from '../local/temporary-dir.ts';

const UUID = '297abf7f-99d9-4b7d-9c46-1d7c13687b11';

async function idsOf(content: string | Uint8Array): Promise<string[]> {
  const directory = await temporaryDir();
  await writeFile(join(directory, 'ids'), content);
  return read('ids', { directory });
}

async function read(
  file: string,
  options: { readonly directory?: string; readonly stdin?: Readable } = {},
): Promise<string[]> {
  const { directory = '/nowhere', stdin = new PassThrough() } = options;
  const ids = await readReceivedIds(file, {
    directory,
    stdin: stdin as NodeJS.ReadStream,
    signal: new AbortController().signal,
  });
  return [...ids.unmet()];
}

describe('a list of ids', () => {
  it.each([
    ['one a line', `a\n${UUID}\n`],
    ['without a line break at its end', `a\n${UUID}`],
    ['with blanks and empty lines', `\n\n  a \n\n\t${UUID}\n\n`],
    ['with repeated ids', `a\n${UUID}\na\n${UUID.toUpperCase()}\n`],
    ['in quotation marks, as jq writes texts', `"a"\n"${UUID}"\n`],
    ['in JSON, texts and objects mixed', `"a"\n{"message_id":"${UUID}"}\n`],
    ['with lines that end as on Windows', `a\r\n${UUID}\r\n`],
    ['in UTF-16 with a byte order mark', Buffer.from(`\ufeffa\n${UUID}\n`, 'utf16le')],
    ['in JSON Lines', `{"message_id":"a","body":"x"}\n\n{"body":"","message_id":"${UUID}"}\n`],
    ['as a CSV column', `message_id\na\n${UUID}\n`],
    ['in CSV with other columns', `ticket,message_id,note\n1,a,"two\nlines"\n2,${UUID},\n3,,\n`],
    ['as a quoted CSV column', `"message_id"\n"a"\n"${UUID}"\n`],
    ['in CSV with semicolons', `message_id;note\na;x\n${UUID};y\n`],
    ['in CSV with tabs, behind empty lines', `\n\nid\tmessage_id\n1\ta\n2\t${UUID}\n`],
  ])('%s', async (_, content) => {
    expect(await idsOf(content)).toEqual(['a', UUID]);
  });

  it.each([
    ...['odd,id;x', 'a,b', '{odd}', '{', '[x', '[', '123', 'null', '"half', "'x", 'message_id2'],
  ])('is plain if its first line is no JSON and names no column message_id: %s', async (id) => {
    expect(await idsOf(`${id}\nb\n`)).toEqual([id, 'b']);
  });

  it('takes the lines as they are if it is plain', async () => {
    const ids = ['a', '"quoted"', '{"message_id":"b"}', 'message_id', 'message_id,x'];
    expect(await idsOf(ids.join('\n'))).toEqual(ids);
  });

  it('may have any id in JSON', async () => {
    const ids = ['"quoted"', '{"message_id":"a"}', '["a"]', 'message_id', 'message_id,x', 'a'];
    const lines = (objects: readonly unknown[]) =>
      objects.map((each) => `${JSON.stringify(each)}\n`).join('');
    expect(await idsOf(lines(ids))).toEqual(ids);
    expect(await idsOf(lines(ids.map((message_id) => ({ message_id }))))).toEqual(ids);
  });

  it('is JSON if a text in it looks like a column', async () => {
    expect(await idsOf('{"body":",message_id,","message_id":"a"}\n')).toEqual(['a']);
  });

  it('may have the guards of an exported CSV file', async () => {
    expect(await idsOf("message_id,body\n'123456789012,x\n")).toEqual(['123456789012']);
  });

  it.each(['', '\n\n', 'message_id\n', 'a,message_id\n'])('may be empty: %j', async (content) => {
    expect(await idsOf(content)).toEqual([]);
  });

  it('is read from stdin', async () => {
    expect(
      await read('-', { stdin: Readable.from([Buffer.from('a\nb'), Buffer.from('c\n')]) }),
    ).toEqual(['a', 'bc']);
  });

  it.each([
    ['a\nwith a blank\n', 'ids, line 2: it has no message_id, which is 1 to 128 visible ASCII'],
    [`${'x'.repeat(129)}\n`, 'ids, line 1: it has no message_id'],
    ['message_id,b\nä,1\n', 'ids, line 2: it has no message_id'],
    ['"a,message_id,secret",b\n', 'ids, line 1: there is no column message_id.'],
    [
      '"a"\nb\n',
      'ids, line 2: it is neither a JSON object with the text message_id nor a JSON text.',
    ],
    ['{"message_id":"a"}\n"a b"\n', 'ids, line 2: it has no message_id, which is'],
    ['message_id,message_id\n', 'ids, line 1: two columns have the name message_id.'],
    ['["a","b"]\n', 'ids, line 1: it is neither a JSON object'],
    ['{"message_id":"a"}\n{"id":"b"}\n', 'ids, line 2: it is neither a JSON object with the text'],
    ['{"message_id":1}\n', 'ids, line 1: it is neither a JSON object with the text message_id nor'],
    ['{}\n', 'ids, line 1: it is neither a JSON object'],
    ['message_id,b\na\n', 'ids, line 2: it has 1 cells'],
  ])('is refused by line: %j', async (content, message) => {
    const error = await idsOf(content).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining(message) });
    expect(String(error)).not.toContain('secret');
  });

  it('is refused if there is no such file', async () => {
    await expect(read('nothing')).rejects.toMatchObject({
      exitCode: 2,
      message: 'nothing: there is no such file.',
    });
  });
});
