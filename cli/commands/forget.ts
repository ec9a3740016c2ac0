import { printableLine } from '../../lib/operations/terminal-text.ts';
import { stackCommand } from '../command.ts';
import { confirm } from '../confirm.ts';
import { type Erasure, messageEraser } from '../erase-messages.ts';
import { inParallel } from '../in-parallel.ts';
import { messagesText } from '../message-count.ts';
import { senderMatcher } from '../number-matcher.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { findOfSenders, type SenderMessages } from '../sender-messages.ts';
import { type Stack, withStack } from '../stack.ts';
import { localTime } from '../times.ts';

/** DeleteItem calls under way. */
const AT_ONCE = 8;

/** `inbound-sms forget NUMBER` */
export function forgetCommand(runtime: Runtime) {
  return stackCommand(runtime, 'forget', {
    summary: 'delete all messages of one sender',
    description:
      'It shows what it found, asks, deletes and counts. A number is found in any spelling with the same digits; in national form (0491570006) it has others than in international form (+61491570006), so name both if your PBX uses both. It reads the whole index by time, about 150 bytes a message.\nMessages that are not published yet are left, unless --pending is given: run it again when they are. It does not reach what subscribers have stored, nor backups: point-in-time recovery can bring deleted messages back for 35 days.',
    examples: [
      ['+61491570006 --stage prod --dry-run', 'what would be deleted'],
      ['+61491570006 0491570006 --stage prod', 'both forms of one number, after a question'],
      ['+61491570006 --stage prod --yes --json', 'for scripts'],
    ],
  })
    .argument('<senders...>', 'the number or name that sent them, as `list` shows it')
    .option('--dry-run', 'delete nothing: say what would be deleted')
    .option('--pending', 'also those that are not published yet: no subscriber will get them')
    .option('--yes', 'do not ask')
    .action((senders, options) =>
      withStack(runtime, options, async (stack, output) => {
        const { dryRun: isDryRun = false, pending: isPendingToo = false, yes } = options;
        const found = await find(stack, output, senders, runtime.signal);
        await show(found, output);
        if (isDryRun || found.ids.length === 0) {
          await report({ dry_run: isDryRun, found: found.ids.length }, output);
          return;
        }
        if (!yes) {
          const what = `${messagesText(found.ids.length)} will be deleted from ${stack.tableName}, for good.`;
          await confirm(runtime, what);
        }
        await erase(stack, output, found.ids, isPendingToo, runtime.signal);
      }),
    );
}

async function find(
  stack: Stack,
  output: Output,
  senders: readonly string[],
  signal: AbortSignal,
): Promise<SenderMessages> {
  const archive = await stack.archive();
  using progress = output.progress('Looking for messages');
  // Awaited: the progress goes when this function ends.
  return await findOfSenders(archive, senderMatcher(senders), progress, signal);
}

async function show({ spellings }: SenderMessages, output: Output): Promise<void> {
  const table = output.table([
    { title: 'FROM', width: 20 },
    { title: 'MESSAGES', width: 8, align: 'right' },
    { title: 'FIRST', width: 19 },
    { title: 'LAST', width: 19 },
  ]);
  if (output.isJson) for (const [from, each] of spellings) await output.json({ from, ...each });
  else {
    await table.write(
      [...spellings].map(([from, { messages, first_received_at, last_received_at }]) => [
        printableLine(from),
        String(messages),
        localTime(first_received_at),
        localTime(last_received_at),
      ]),
    );
  }
}

async function erase(
  stack: Stack,
  output: Output,
  ids: readonly string[],
  isPendingToo: boolean,
  signal: AbortSignal,
): Promise<void> {
  const eraseOne = await messageEraser(stack, { isPendingToo });
  const counts: Record<Erasure, number> = { erased: 0, left: 0 };
  const left: string[] = [];
  const progress = output.progress('Deleting');
  let pending = 0;
  try {
    await inParallel(each(ids), AT_ONCE, async (id) => {
      const erasure = await eraseOne(id, signal);
      counts[erasure]++;
      if (erasure === 'left') left.push(id);
      progress.update((counts.erased + counts.left) / ids.length, `${counts.erased} deleted`);
    });
    pending = await countStored(stack, left, signal);
  } finally {
    progress[Symbol.dispose]();
    const sum = { dry_run: false, found: ids.length, deleted: counts.erased, pending };
    await report(sum, output).catch(() => {});
    if (counts.erased + counts.left < ids.length) output.note('To go on, run it again.');
  }
}

/** One that was deleted meanwhile, by its age or by somebody else, is left as well. */
async function countStored(
  stack: Stack,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const archive = await stack.archive();
  let stored = 0;
  for (let first = 0; first < ids.length; first += 100) {
    stored += (await archive.findAll(ids.slice(first, first + 100), { signal })).length;
  }
  return stored;
}

interface Report {
  readonly dry_run: boolean;
  readonly found: number;
  readonly deleted?: number;
  /** Left, because they are not published yet. */
  readonly pending?: number;
}

async function report(sum: Report, output: Output): Promise<void> {
  const { found, deleted = 0, pending = 0 } = sum;
  if (output.isJson) return output.json({ ...sum, deleted, pending });
  if (found === 0) return output.text('No message of that sender is stored.');
  if (sum.dry_run) return output.text(`${messagesText(found)} would be deleted.`);
  await output.text(`${deleted} of ${found} deleted.`);
  if (pending > 0) {
    await output.text(`${pending} left, not published yet: run it again in some minutes.`);
  }
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
