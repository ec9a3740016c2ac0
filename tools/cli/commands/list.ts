import type { ArchiveQuery } from '../../archive/archive-query.ts';
import type { ArchivedMessage } from '../../archive/message-archive.ts';
import { usageError } from '../cli-error.ts';
import { stackCommand, tableOption, withStack } from '../command.ts';
import { listConflicts } from '../conflicts.ts';
import { MESSAGE_COLUMNS, messageJson, messageRow } from '../message-view.ts';
import { numbersOf } from '../number-matcher.ts';
import type { Output } from '../output.ts';
import { parsePosition, positionText } from '../position.ts';
import {
  fromOption,
  rangeOf,
  sinceOption,
  toOption,
  untilOption,
  wholeNumber,
} from '../range-options.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';

const DEFAULT_LIMIT = 50;
/** Rows that are printed at once. */
const PORTION = 50;

/** `inbound-sms list` */
export function listCommand(runtime: Runtime) {
  return stackCommand(runtime, 'list', {
    summary: 'list messages, the newest first',
    description:
      'It reads an index by time, never the whole table: the newest 50 take 16 small queries, however many are stored. --from and --to read the index of the whole range, so give a --since with them.\nConflicts are not stored: --conflicts reads them from the logs of the webhook.',
    examples: [
      ['--stage prod', 'the newest 50'],
      ['--stage prod --since yesterday --from +61400000001', 'from one sender'],
      ['--stage prod --pending', 'stored, but not published yet'],
      ['--stage prod --conflicts --since 30d', 'refused: their id was taken'],
      ['--local --json | jq .body', 'the texts on the local stack'],
    ],
  })
    .addOption(sinceOption())
    .addOption(untilOption())
    .addOption(tableOption())
    .addOption(fromOption())
    .addOption(toOption())
    .option('--pending', 'only those that are not published yet')
    .option('--conflicts', 'messages that were refused because their id was taken (default: 7d)')
    .option('--limit <count>', 'at most so many', wholeNumber, DEFAULT_LIMIT)
    .option('--after <position>', 'the page that follows: the command prints it', parsePosition)
    .action((options) =>
      withStack(runtime, options, async (stack, output) => {
        const { limit, from, to, pending, after } = options;
        const range = rangeOf(options);
        if (!options.conflicts) {
          const numbers = await numbersOf(options, stack);
          const query = { ...range, ...numbers, isPending: pending, after, limit };
          await listMessages(stack, output, query, runtime.signal);
          return;
        }
        if (from || to || pending || after) {
          throw usageError('--conflicts goes with --since, --until and --limit only.');
        }
        await listConflicts(stack, output, { ...range, limit }, runtime.signal);
      }),
    );
}

async function listMessages(
  stack: Stack,
  output: Output,
  query: ArchiveQuery & { readonly limit: number },
  signal: AbortSignal,
): Promise<void> {
  const archive = await stack.archive();
  const table = output.table(MESSAGE_COLUMNS);
  let portion: ArchivedMessage[] = [];
  const print = async () => {
    if (output.isJson) for (const message of portion) await output.json(messageJson(message));
    else await table.write(portion.map((message) => messageRow(message, output)));
    portion = [];
  };

  let listed = 0;
  let last: ArchivedMessage | undefined;
  let hasMore = false;
  // One more than is shown tells whether there is a next page.
  for await (const message of archive.list({ ...query, limit: query.limit + 1 }, { signal })) {
    if (listed === query.limit) {
      hasMore = true;
      break;
    }
    listed++;
    last = message;
    portion.push(message);
    if (portion.length === PORTION) await print();
  }
  await print();
  if (listed === 0) output.note('No message matches.');
  if (hasMore && last) output.note(`There are more: add --after ${positionText(last)}`);
}
