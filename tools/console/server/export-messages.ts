import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { ArchivedMessage } from '../../archive/message-archive.ts';
import { csvLines, messageJson } from '../../archive/message-file.ts';
import { printableJson } from '../../shared/terminal-text.ts';
import type { ExportFormat } from '../protocol.ts';

/**
 * Sends messages as a file, as `inbound-sms export` writes it: any number of them needs the same memory.
 *
 * @throws {Error} If they cannot be read. What is sent by then ends in the middle, which the client notices.
 */
export async function sendMessages(
  response: ServerResponse,
  messages: AsyncIterable<ArchivedMessage>,
  format: ExportFormat,
  signal: AbortSignal,
): Promise<void> {
  const csv = format === 'csv' ? await csvLines('spreadsheet') : undefined;
  const lineOf = (message: ArchivedMessage) =>
    csv?.of(message) ?? printableJson(messageJson(message));
  let isBegun = false;
  const write = async (text: string) => {
    if (!isBegun) response.writeHead(200, { 'content-type': TYPES[format] });
    isBegun = true;
    if (!response.write(text)) await once(response, 'drain', { signal });
  };
  let isFirst = true;
  for await (const message of messages) {
    const head = isFirst && csv ? `${csv.mark}${csv.header}\n` : '';
    isFirst = false;
    await write(`${head}${lineOf(message)}\n`);
  }
  if (isFirst) await write(csv ? `${csv.mark}${csv.header}\n` : '');
  response.end();
}

const TYPES = { csv: 'text/csv; charset=utf-8', jsonl: 'application/jsonl' } as const;
