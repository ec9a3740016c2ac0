import { type ArchiveQuery, positionText } from '../../archive/archive-query.ts';
import type { ArchivedMessage } from '../../archive/message-archive.ts';
import { messageJson } from '../../archive/message-file.ts';
import { inBatches } from '../../archive/pacing.ts';
import { readLog } from '../../archive/read-log.ts';
import { printable } from '../../shared/terminal-text.ts';
import { type Undelivered, undeliveredTo } from '../addressees.ts';
import { usageError } from '../cli-error.ts';
import { withStack } from '../command.ts';
import { cellOf, LISTED_COLUMNS, messageRow } from '../message-columns.ts';
import {
  afterOption,
  fromOption,
  queryOf,
  type Range,
  rangeCommand,
  rangeOf,
  toOption,
  undeliveredOption,
  wholeNumber,
} from '../message-options.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';
import type { Row } from '../table.ts';
import { localTime } from '../times.ts';

const DEFAULT_LIMIT = 50;
const PORTION = 50;

/** How the webhook logs a conflict: see the outcomes in lib/http/outcomes.ts. */
const CONFLICT_PATTERN = '{ $.outcome = "conflict" }';
/** The default range, because a search reads all of the log. */
const CONFLICT_RANGE_MS = 7 * 86_400_000;

/** `inbound-sms list` */
export function listCommand(runtime: Runtime) {
  return rangeCommand(runtime, 'list', {
    summary: 'list messages, the newest first',
    description:
      'Reads an index by time, never the whole table: the newest 50 messages take 16 small queries, however many are stored. --from and --to read the index of the whole range, so give a --since with them.\n--conflicts lists refused messages from the logs of the webhook. `quarantine` shows their texts.\n--undelivered reads every message since the queue of the subscriber was made, until it has found enough. It applies the current filter of the subscriber.',
    examples: [
      ['--stage prod', 'the newest 50'],
      ['--stage prod --since yesterday --from +61400000001', 'from one sender'],
      ['--stage prod --pending', 'stored, but not published yet'],
      ['--stage prod --undelivered crm', 'published, but not delivered to the subscriber crm'],
      ['--stage prod --conflicts --since 30d', 'refused because their id was taken'],
      ['--local --json | jq .body', 'texts on the local stack'],
    ],
  })
    .addOption(fromOption())
    .addOption(toOption())
    .option('--pending', 'only messages that are not published yet')
    .addOption(undeliveredOption())
    .option(
      '--conflicts',
      'messages that were refused because their id was taken, of the last 7 days by default',
    )
    .option('--limit <count>', 'list at most this many', wholeNumber, DEFAULT_LIMIT)
    .addOption(afterOption('list the page after this position, which the command prints'))
    .action((options) =>
      withStack(runtime, options, async (stack, output) => {
        const { limit, from, to, pending, after, undelivered: name } = options;
        if (pending && name) {
          throw usageError(
            '--undelivered lists published messages, so it cannot be used with --pending.',
          );
        }
        if (!options.conflicts) {
          const query = { ...(await queryOf(options, stack)), isPending: pending, after, limit };
          const undelivered = name ? await undeliveredTo(name, stack, output.signal) : undefined;
          await listMessages(stack, output, query, undelivered);
          return;
        }
        const range = rangeOf(options);
        if (from || to || pending || after || name) {
          throw usageError('--conflicts can only be used with --since, --until and --limit.');
        }
        await listConflicts(stack, output, { ...range, limit });
      }),
    );
}

/** A wider column: `failing (secret missing)` is longer than the state of a message. */
const UNDELIVERED_COLUMNS = LISTED_COLUMNS.map((column) =>
  column.title === 'STATE' ? { ...column, width: 24 } : column,
);

interface Limit {
  readonly limit: number;
}

async function listMessages(
  stack: Stack,
  output: Output,
  query: ArchiveQuery & Limit,
  undelivered: Undelivered | undefined,
): Promise<void> {
  const archive = await stack.archive();
  const table = output.table(undelivered ? UNDELIVERED_COLUMNS : LISTED_COLUMNS);
  // One more than the limit shows whether there is a next page.
  const wanted = { ...query, limit: query.limit + 1 };
  const messages = archive.list(undelivered?.among(wanted) ?? wanted, { signal: output.signal });
  let last: ArchivedMessage | undefined;
  let listed = 0;
  for await (const portion of inBatches(messages, PORTION)) {
    const shown = portion.slice(0, query.limit - listed);
    if (output.isJson) {
      for (const message of shown) {
        await output.json({ ...messageJson(message), ...undelivered?.json(message) });
      }
    } else {
      await table.write(
        shown.map((message) => messageRow(message, output, undelivered?.cell(message, output))),
      );
    }
    listed += portion.length;
    last = shown.at(-1) ?? last;
  }
  if (listed === 0) output.note('No message matches.');
  if (listed > query.limit && last)
    output.note(`There are more: add --after ${positionText(last)}`);
}

/** A `message_id` with which a different message was refused. The logs have no more of that message. */
interface Conflict {
  readonly message_id: string;
  readonly first_at: number;
  last_at: number;
  /** Attempts of the PBX that were refused. */
  refused: number;
}

/** Lists the conflicts, the last one first, with the stored message of the id. */
async function listConflicts(stack: Stack, output: Output, query: Range & Limit): Promise<void> {
  const conflicts = await readConflicts(stack, output, query);
  if (conflicts.length === 0) output.note('No conflict was logged.');
  const archive = await stack.archive();
  const ids = conflicts.map(({ message_id }) => message_id);
  const found = await archive.findAll(ids, { signal: output.signal });
  const stored = new Map(found.map((message) => [message.message_id, message]));
  if (output.isJson) {
    for (const conflict of conflicts) {
      const message = stored.get(conflict.message_id);
      await output.json({ ...conflict, stored: message ? messageJson(message) : null });
    }
    return;
  }
  const table = output.table([
    { title: 'LAST REFUSED', width: 19 },
    { title: 'TIMES', width: 5, align: 'right' },
    { title: 'ID', width: 36 },
    { title: 'STORED FROM', width: 15 },
    { title: 'STORED TO', width: 15 },
    { title: 'STORED TEXT' },
  ]);
  await table.write(conflicts.map((conflict) => row(conflict, stored.get(conflict.message_id))));
}

function row({ last_at, refused, message_id }: Conflict, stored: ArchivedMessage | undefined): Row {
  const cells = stored
    ? (['from', 'sms_number', 'body'] as const).map((name) => cellOf(name, stored[name]))
    : ['', '', { shown: '(deleted since)', value: '' }];
  return [localTime(last_at), String(refused), printable(message_id), ...cells];
}

async function readConflicts(
  stack: Stack,
  output: Output,
  { since, until = Date.now(), limit }: Range & Limit,
): Promise<Conflict[]> {
  const conflicts = new Map<string, Conflict>();
  const search = {
    group: await stack.logGroup(),
    since: since ?? until - CONFLICT_RANGE_MS,
    until,
    pattern: CONFLICT_PATTERN,
  };
  using progress = output.progress('Searching the logs');
  for await (const { text, time } of readLog(await stack.clients.logs(), search, output.signal)) {
    const id = conflictIn(text);
    if (id === undefined) continue;
    const conflict = conflicts.get(id) ?? {
      message_id: id,
      first_at: time,
      last_at: time,
      refused: 0,
    };
    conflict.refused++;
    conflict.last_at = Math.max(conflict.last_at, time);
    conflicts.set(id, conflict);
    progress.update(undefined, `${conflicts.size} found`);
  }
  return [...conflicts.values()].sort((a, b) => b.last_at - a.last_at).slice(0, limit);
}

/** The `message_id` of a conflict. Some emulators ignore the pattern, so the line may be of another outcome. */
function conflictIn(line: string): string | undefined {
  try {
    const { outcome, message_id } = JSON.parse(line);
    return outcome === 'conflict' && typeof message_id === 'string' ? message_id : undefined;
  } catch {
    return undefined;
  }
}
