import type { ArchivedMessage } from '../archive/message-archive.ts';
import { readLog } from '../archive/read-log.ts';
import { printable } from '../shared/terminal-text.ts';
import { receiverCell, senderCell } from './cells.ts';
import { messageJson } from './message-view.ts';
import type { Output } from './output.ts';
import type { Stack } from './stack.ts';
import type { Row } from './table.ts';
import { localTime } from './times.ts';

/** How the webhook logs them: see the outcomes in lib/http/outcomes.ts. */
const PATTERN = '{ $.outcome = "conflict" }';
/** The logs are searched from one end to the other. */
const DEFAULT_RANGE_MS = 7 * 86_400_000;
/** Ids that DynamoDB reads in one call. */
const BATCH = 100;

interface ConflictQuery {
  /** Epoch ms. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly limit: number;
}

/** A `message_id` under which another message came, too. The logs hold nothing more of that one. */
interface Conflict {
  readonly message_id: string;
  readonly first_at: number;
  last_at: number;
  /** Attempts of the PBX that were refused. */
  refused: number;
}

/** Lists the conflicts, the last refused first, with the message that is stored under the id. */
export async function listConflicts(
  stack: Stack,
  output: Output,
  query: ConflictQuery,
  signal: AbortSignal,
): Promise<void> {
  const conflicts = await readConflicts(stack, output, query, signal);
  if (conflicts.length === 0) output.note('No conflict was logged.');
  const table = output.table([
    { title: 'LAST REFUSED', width: 19 },
    { title: 'TIMES', width: 5, align: 'right' },
    { title: 'ID', width: 36 },
    { title: 'STORED FROM', width: 15 },
    { title: 'STORED TO', width: 15 },
    { title: 'STORED TEXT' },
  ]);
  const archive = await stack.archive();
  for (let first = 0; first < conflicts.length; first += BATCH) {
    const portion = conflicts.slice(first, first + BATCH);
    const ids = portion.map(({ message_id }) => message_id);
    const found = await archive.findAll(ids, { signal });
    const stored = new Map(found.map((message) => [message.message_id, message]));
    if (!output.isJson) {
      await table.write(portion.map((conflict) => row(conflict, stored.get(conflict.message_id))));
      continue;
    }
    for (const conflict of portion) {
      const message = stored.get(conflict.message_id);
      await output.json({ ...conflict, stored: message ? messageJson(message) : null });
    }
  }
}

function row({ last_at, refused, message_id }: Conflict, stored: ArchivedMessage | undefined): Row {
  const texts = stored
    ? [senderCell(stored.from), receiverCell(stored.sms_number), printable(stored.body)]
    : ['', '', { shown: '(deleted since)', value: '' }];
  return [localTime(last_at), String(refused), printable(message_id), ...texts];
}

async function readConflicts(
  stack: Stack,
  output: Output,
  { since, until = Date.now(), limit }: ConflictQuery,
  signal: AbortSignal,
): Promise<Conflict[]> {
  const conflicts = new Map<string, Conflict>();
  const logs = await stack.clients.logs();
  const search = {
    group: await stack.logGroup('receiveSms'),
    since: since ?? until - DEFAULT_RANGE_MS,
    until,
    pattern: PATTERN,
  };
  using progress = output.progress('Searching the logs');
  for await (const { text, time } of readLog(logs, search, signal)) {
    const id = messageIdOf(text);
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

/** Of a conflict: not every emulator knows the pattern. */
function messageIdOf(line: string): string | undefined {
  try {
    const { outcome, message_id } = JSON.parse(line);
    return outcome === 'conflict' && typeof message_id === 'string' ? message_id : undefined;
  } catch {
    return undefined;
  }
}
