import { Option } from '@commander-js/extra-typings';
import { type Position, positionText } from '../../archive/archive-query.ts';
import type { ArchivedMessage } from '../../archive/message-archive.ts';
import { csvLines, messageJson } from '../../archive/message-file.ts';
import { printable } from '../../shared/terminal-text.ts';
import { undeliveredTo } from '../addressees.ts';
import { usageError } from '../cli-error.ts';
import { withStack } from '../command.ts';
import { messagesText } from '../message-columns.ts';
import {
  afterOption,
  fromOption,
  queryOf,
  rangeCommand,
  toOption,
  undeliveredOption,
} from '../message-options.ts';
import type { Output } from '../output.ts';
import { OutputError, type Runtime } from '../runtime.ts';

type Format = 'jsonl' | 'csv';

/** `inbound-sms export` */
export function exportCommand(runtime: Runtime) {
  return rangeCommand(runtime, 'export', {
    summary: 'write messages to stdout as JSON Lines or CSV, the oldest first',
    description:
      "Memory does not grow with the number of messages. Names, values and units are those of `list --json`: received_at and published_at are epoch milliseconds, timestamp and expires_at are epoch seconds.\nCSV is for spreadsheets: it also has the times in ISO 8601, and a ' before a text that a spreadsheet would run as a formula or change as a number. `send --csv` reads it, with or without --exact.\nIf it is stopped or fails, it prints the --after that continues. Then it writes no CSV header, so that you can append the rest.",
    examples: [
      ['--stage prod > messages.jsonl', 'all messages'],
      ['--stage prod --since 2026-11-01 --format csv > november.csv', 'for a spreadsheet'],
      ['--stage prod --from +61400000001 > person.jsonl', 'all messages of one sender'],
      [
        '--stage prod --undelivered crm --format csv > late.csv',
        'what crm has not got, for a spreadsheet',
      ],
      [
        '--stage prod --after 1794005400000/297abf7f-99d9-4b7d-9c46-1d7c13687b11 > rest.jsonl',
        'the rest, after a stop',
      ],
    ],
  })
    .addOption(fromOption())
    .addOption(toOption())
    .addOption(undeliveredOption())
    .addOption(
      new Option('--format <format>', 'format of the output')
        .choices(['jsonl', 'csv'] as const)
        .default('jsonl' as const),
    )
    .option('--exact', 'CSV for programs: plain RFC 4180, with nothing added')
    .addOption(afterOption())
    .action((options) =>
      withStack(runtime, options, async (stack, output) => {
        const { format, exact = false, after, undelivered: name } = options;
        if (exact && format !== 'csv') throw usageError('--exact needs --format csv.');
        if (options.json && format === 'csv')
          throw usageError('--json cannot be used with --format csv.');
        const archive = await stack.archive();
        const query = { ...(await queryOf(options, stack)), after, order: 'oldest-first' } as const;
        const undelivered = name ? await undeliveredTo(name, stack, runtime.signal) : undefined;
        const messages = archive.list(undelivered?.among(query) ?? query, {
          signal: runtime.signal,
        });
        const writer = await writerOf(format, { exact, after }, output);
        await write(messages, writer, output);
      }),
    );
}

type Writer = (message: ArchivedMessage) => Promise<void>;

async function write(
  messages: AsyncIterable<ArchivedMessage>,
  writeMessage: Writer,
  output: Output,
): Promise<void> {
  let written = 0;
  let last: Position | undefined;
  let isDone = false;
  try {
    for await (const message of messages) {
      // Counted before the write, which may wait for the reader: the message is then on its way.
      last = message;
      written++;
      await writeMessage(message);
    }
    isDone = true;
  } finally {
    // After a failed write, the last message is not known, and to continue might leave some out.
    const isWhole = !(output.signal.reason instanceof OutputError);
    if (isWhole) output.note(`${messagesText(written)} written.`);
    if (isWhole && !isDone && last) output.note(`To continue, add: --after ${positionText(last)}`);
  }
}

async function writerOf(
  format: Format,
  { exact, after }: { readonly exact: boolean; readonly after: Position | undefined },
  output: Output,
): Promise<Writer> {
  if (format === 'jsonl') return (message) => output.json(messageJson(message));
  const { mark, header, of } = await csvLines(exact ? 'exact' : 'spreadsheet');
  const writeLine = (line: string) => output.text(output.isTerminal ? printable(line) : line);
  if (!after) await writeLine(output.isTerminal ? header : mark + header);
  return (message) => writeLine(of(message));
}
