import { inParallel } from '../../archive/pacing.ts';
import { digitsIn } from '../../shared/number-filter.ts';
import { printableLine } from '../../shared/terminal-text.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { calledOn, stackCommand, tableOption, withStack } from '../command.ts';
import { confirm } from '../confirm.ts';
import {
  countQueues,
  emptyDeadLetters,
  queuesJson,
  queuesText,
  type SubscriberQueues,
  unreadDeadLetters,
} from '../forget-queues.ts';
import { cellOf, messagesText } from '../message-columns.ts';
import type { Output } from '../output.ts';
import { entriesText } from '../quarantine-texts.ts';
import { delayed, type Runtime } from '../runtime.ts';
import { entryEraser, findEntriesOf } from '../sender-entries.ts';
import {
  type Erasure,
  findOfSenders,
  messageEraser,
  type SenderMessages,
} from '../sender-messages.ts';
import type { Stack } from '../stack.ts';
import { countCell } from '../table.ts';
import { localTime } from '../times.ts';

const AT_ONCE = 8;
/** After Ctrl-C, running calls get this long, because their outcome counts. Both limits together end before the process is killed. */
const GRACE_MS = 3_000;
const CHECK_LIMIT_MS = 3_000;

/** `inbound-sms forget NUMBER` */
export function forgetCommand(runtime: Runtime) {
  return stackCommand(runtime, 'forget', {
    summary: 'delete all messages of one sender',
    description:
      'Lists what it found, asks, deletes and counts. It finds each stored form of a number, national or international: 0491570006 is +61491570006 if `country` in settings.yml is AU, the default. A short code or a name matches only itself. A form that may also be a number of another country, such as 491570006, is listed and kept. To delete it, give it as it is stored.\nIt deletes stored messages, quarantined messages and dead letters. It keeps messages that are not published yet, unless you give --pending. Messages in the queue of a subscriber are still delivered: it says how many. It does not reach the copies of subscribers, nor backups: point-in-time recovery can bring deleted messages back for 35 days.\nIt reads the whole index by time, about 120 bytes a message.',
    examples: [
      ['+61491570006 --stage prod --dry-run', 'what would be deleted'],
      ['+61491570006 MyBank --stage prod', 'a number and a name; asks first'],
      ['+61491570006 --stage prod --yes --json', 'for scripts'],
    ],
  })
    .argument('<senders...>', 'number or name of the sender; may be several')
    .addOption(tableOption())
    .option('--dry-run', 'delete nothing; show what would be deleted')
    .option(
      '--pending',
      'also delete messages that are not published yet; no subscriber will get them',
    )
    .option('--yes', 'do not ask')
    .action((senders, options) =>
      withStack(runtime, options, async (stack, output) => {
        const { dryRun: isDryRun = false, pending: isPendingToo = false, yes } = options;
        if (!isDryRun) runtime.goOnUnread();
        const messages = await findOfSenders(stack, output, senders);
        const entries = await findEntriesOf(stack, output, senders, messages.isSame);
        const found = { ...messages, entries };
        const queues = await countQueues(stack, output.signal);
        await show(found, stack, output);
        const hasDeadLetters = queues.some(({ dead }) => dead !== 0 && dead !== 'gone');
        const isNothing = found.ids.length + entries.length === 0 && !hasDeadLetters;
        if (isDryRun || isNothing) {
          await report({ dry_run: isDryRun, ...reportOf(found), subscribers: queues }, output);
          return;
        }
        if (!yes) await confirm(runtime, questionOf(found, stack, hasDeadLetters));
        await erase(stack, output, found, { isPendingToo, queues });
      }),
    );
}

interface Found extends SenderMessages {
  /** The quarantine_ids of the sender's entries. */
  readonly entries: readonly string[];
}

/** On one line; `confirm` makes it printable. */
function questionOf(
  { ids, spellings, entries }: Found,
  { tableName }: Stack,
  hasDeadLetters: boolean,
): string {
  const forms = [...spellings.keys()].map((form) => form.replace(/\s/g, ' '));
  const places = [
    ids.length > 0 && `${messagesText(ids.length)} from ${listOf(forms)} in ${tableName}`,
    entries.length > 0 && `${entriesText(entries.length)} of that sender`,
    hasDeadLetters && 'what dead-letter queues hold of that sender',
  ];
  return `${listOf(places.filter((place) => place !== false))} will be deleted for good.`;
}

async function show(
  { spellings, doubtful }: SenderMessages,
  stack: Stack,
  output: Output,
): Promise<void> {
  const table = output.table([
    { title: 'FROM', width: 20 },
    { title: 'MESSAGES', width: 8, align: 'right' },
    { title: 'FIRST', width: 19 },
    { title: 'LAST', width: 19 },
  ]);
  if (output.isJson) {
    for (const [from, each] of spellings) await output.json({ from, ...each });
    return;
  }
  await table.write(
    [...spellings].map(([from, { messages, first_received_at, last_received_at }]) => [
      cellOf('from', from),
      countCell(messages),
      localTime(first_received_at),
      localTime(last_received_at),
    ]),
  );
  for (const [from, { messages }] of doubtful) {
    await output.text(
      `${messagesText(messages)} from ${printableLine(from)} may be of that sender or of a number in another country, and will be kept. To delete them: ${calledOn(stack, `forget ${digitsIn(from)}`)}`,
    );
  }
}

interface EraseOptions {
  readonly isPendingToo: boolean;
  readonly queues: readonly SubscriberQueues[];
}

async function erase(
  stack: Stack,
  output: Output,
  found: Found,
  { isPendingToo, queues }: EraseOptions,
): Promise<void> {
  const { signal } = output;
  const eraseOne = await messageEraser(stack, { isPendingToo });
  const eraseEntry = await entryEraser(stack);
  let quarantined_deleted = 0;
  const counts: Record<Erasure, number> = { erased: 0, left: 0 };
  const unanswered = new Set<string>();
  const progress = output.progress('Deleting');
  const graceful = delayed(signal, GRACE_MS);
  let subscribers = queues;
  let isDone = false;
  try {
    // First, because a message that somebody accepts meanwhile is not among the found ones.
    await inParallel(found.entries, AT_ONCE, async (id) => {
      signal.throwIfAborted();
      await eraseEntry(id, graceful);
      quarantined_deleted++;
    });
    await inParallel(found.ids, AT_ONCE, async (id) => {
      signal.throwIfAborted();
      unanswered.add(id);
      counts[await eraseOne(id, graceful)]++;
      unanswered.delete(id);
      progress.update((counts.erased + counts.left) / found.ids.length, `${counts.erased} deleted`);
    });
    progress.clear();
    // After the records: a delivery that ends meanwhile then finds no record to mark, and the message stays deleted.
    subscribers = await emptyDeadLetters(stack, queues, found.isSame, output);
    isDone = true;
  } finally {
    const { gone, uncertain } = await checkUnanswered(stack, unanswered);
    progress[Symbol.dispose]();
    const deleted = counts.erased + gone;
    const sum = { dry_run: false, deleted, quarantined_deleted, pending: counts.left, uncertain };
    await report({ ...sum, subscribers, ...reportOf(found) }, output).catch(() => {});
    if (!isDone) output.note('To continue, run it again.');
  }
  const unread = unreadDeadLetters(subscribers);
  if (unread.length === 0) return;
  throw new CliError(
    EXIT.notAllowed,
    `AWS does not allow you to read the dead letters of ${listOf(unread)}, so those of the sender are still there.`,
    'Get the policy of docs/permissions.md#operator, then run this again.',
  );
}

/** Checks the deletions that AWS did not answer. An error here must not hide the first error. */
async function checkUnanswered(
  stack: Stack,
  ids: ReadonlySet<string>,
): Promise<{ readonly gone: number; readonly uncertain: number }> {
  if (ids.size === 0) return { gone: 0, uncertain: 0 };
  const archive = await stack.archive();
  const signal = AbortSignal.timeout(CHECK_LIMIT_MS);
  const found = await Promise.allSettled([...ids].map((id) => archive.find(id, { signal })));
  const answered = found.filter((reading) => reading.status === 'fulfilled');
  return {
    gone: answered.filter(({ value }) => value === undefined).length,
    uncertain: found.length - answered.length,
  };
}

function reportOf({ ids, spellings, doubtful, entries }: Found) {
  return {
    found: ids.length,
    quarantined: entries.length,
    /** The senders of the found messages, as they are stored. */
    forms: [...spellings.keys()],
    /** Kept, because they may be another sender's. */
    doubtful: [...doubtful].map(([from, { messages }]) => ({ from, messages })),
  };
}

type Report = ReturnType<typeof reportOf> & {
  readonly dry_run: boolean;
  readonly deleted?: number;
  readonly quarantined_deleted?: number;
  /** Kept, because they are not published yet. */
  readonly pending?: number;
  /** Neither the deletion nor the check after it was answered. */
  readonly uncertain?: number;
  readonly subscribers: readonly SubscriberQueues[];
};

async function report(sum: Report, output: Output): Promise<void> {
  const { deleted = 0, quarantined_deleted = 0, pending = 0, uncertain = 0 } = sum;
  if (output.isJson) {
    const counts = { deleted, quarantined_deleted, pending, uncertain };
    await output.json({ ...sum, ...counts, subscribers: sum.subscribers.map(queuesJson) });
  } else {
    const texts = [...sumText(sum), quarantinedText(sum)].filter(Boolean);
    const lines = [...texts, ...queuesText(sum.subscribers)];
    await output.text(lines.join('\n'));
  }
}

function sumText(sum: Report): (string | false)[] {
  const { found, dry_run, deleted = 0, pending = 0, uncertain = 0 } = sum;
  const senders = listOf(sum.forms.map(printableLine));
  if (found === 0 && sum.doubtful.length > 0)
    return ['No stored message is certainly of that sender.'];
  if (found === 0) return ['No message of that sender is stored.'];
  if (dry_run) return [`${messagesText(found)} from ${senders} would be deleted.`];
  return [
    `${deleted} of ${found} from ${senders} deleted.`,
    pending > 0 && `${pending} kept, because not published yet: run it again in some minutes.`,
    uncertain > 0 &&
      `${uncertain} may be deleted or not, because AWS did not answer: run it again.`,
  ];
}

function quarantinedText({ quarantined, quarantined_deleted = 0, dry_run }: Report) {
  if (quarantined === 0) return '';
  if (dry_run) return `${entriesText(quarantined)} would be deleted.`;
  return `${quarantined_deleted} of ${entriesText(quarantined)} deleted.`;
}

function listOf(texts: readonly string[]): string {
  return [texts.slice(0, -1).join(', '), ...texts.slice(-1)].filter(Boolean).join(' and ');
}
