import { isUtf8 } from 'node:buffer';
import { CsvFault, lineBreaks } from './csv-fault.ts';

/** No message makes a line so long: what has one is no CSV file. */
const MAX_LINE_BYTES = 1_000_000;
const LF = 0x0a;

const SAVE_AS_UTF8 = 'Save the file as CSV in UTF-8, in Excel: CSV UTF-8 (Comma delimited).';

const BYTE_ORDER_MARKS = [
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
] as const;

/**
 * The text of a CSV file, in pieces: UTF-8 with or without a byte order mark, or UTF-16 with one.
 *
 * @throws {CsvFault} If it is none of these: an unreadable character would be sent as another one.
 */
export async function* csvText(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const blocks = wholeLines(bytes);
  const { value: first } = await blocks.next();
  if (!first) return;
  const mark = BYTE_ORDER_MARKS.find(({ bytes }) => bytes.every((byte, at) => first[at] === byte));
  const texts = mark ? utf16(mark.encoding, first, blocks) : utf8(first, blocks);
  yield* texts;
}

/** Blocks that end with a line feed, so that no character of UTF-8 is cut. */
async function* wholeLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, undefined> {
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

async function* utf8(first: Buffer, blocks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let line = 1;
  for await (const block of startingWith(first, blocks)) {
    if (!isUtf8(block)) {
      throw new CsvFault(
        { line: line + linesBeforeFault(block) },
        'it is not UTF-8.',
        SAVE_AS_UTF8,
      );
    }
    const text = decoder.decode(block, { stream: true });
    line += lineBreaks(text);
    yield text;
  }
}

/** UTF-8 has no byte of a line break inside a character. */
function linesBeforeFault(block: Buffer): number {
  const lines = block.toString('latin1').split(/\r\n|\n|\r/);
  return lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')));
}

async function* utf16(
  encoding: 'utf-16le' | 'utf-16be',
  first: Buffer,
  blocks: AsyncIterable<Buffer>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for await (const block of startingWith(first, blocks)) {
      yield decoder.decode(block, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CsvFault({}, 'it begins as UTF-16 and is not.', SAVE_AS_UTF8);
  }
}

async function* startingWith<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}
