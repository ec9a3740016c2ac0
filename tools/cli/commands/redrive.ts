import {
  type QueueCounts,
  queueCounts,
  RedriveTally,
  redriveDeadLetters,
} from '../../archive/dead-letters.ts';
import type { DeployedSubscriber } from '../../shared/subscriber-outputs.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { stackCommand, withStack } from '../command.ts';
import { messagesText } from '../message-columns.ts';
import { wholeNumber } from '../message-options.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';

const DEFAULT_RATE = 50;

/** `inbound-sms redrive NAME` */
export function redriveCommand(runtime: Runtime) {
  return stackCommand(runtime, 'redrive', {
    summary: "move a subscriber's dead letters back to its queue",
    description:
      'The messages are delivered as if they had just arrived, with all attempts. A message that the subscriber has got already, by the mark on its record, is not delivered again.\nIf it is stopped or fails, at most 10 messages are in both queues. To continue, run it again. Messages that fail again during the run stay in the dead-letter queue.',
    examples: [
      ['crm --stage prod --dry-run', 'the number of dead letters'],
      ['crm --stage prod', 'all dead letters'],
      ['crm --stage prod --limit 1', 'one dead letter, to see whether it is delivered now'],
    ],
  })
    .argument('<name>', 'name of the subscriber')
    .option('--dry-run', 'move nothing; show how many messages would be moved')
    .option('--limit <count>', 'move at most this many', wholeNumber)
    .option('--rate <count>', 'move at most this many a second', wholeNumber, DEFAULT_RATE)
    .action((name, options) =>
      withStack(runtime, options, async (stack, output) => {
        if (!options.dryRun) runtime.goOnUnread();
        const { limit = Number.POSITIVE_INFINITY, rate, dryRun = false } = options;
        const subscriber = stack.subscriber(name);
        const sqs = await stack.clients.sqs();
        const counts = await queueCounts(sqs, subscriber.deadLetters, output.signal);
        if (dryRun) return showCounts(subscriber, counts, limit, output);
        await run(stack, subscriber, { limit, rate, expected: counts.visible }, output);
      }),
    );
}

async function showCounts(
  { name }: DeployedSubscriber,
  { visible, hidden }: QueueCounts,
  limit: number,
  output: Output,
): Promise<void> {
  const count = Math.min(visible + hidden, limit);
  if (output.isJson) return output.json({ subscriber: name, dry_run: true, count });
  await output.text(`About ${messagesText(count)} would be moved back to the queue of ${name}.`);
}

interface Limits {
  readonly limit: number;
  readonly rate: number;
  /** Messages in the dead-letter queue, about. */
  readonly expected: number;
}

async function run(
  stack: Stack,
  { name, queue, deadLetters }: DeployedSubscriber,
  { limit, rate, expected }: Limits,
  output: Output,
): Promise<void> {
  const { signal } = output;
  const tally = new RedriveTally();
  const total = Math.min(expected, limit);
  const progress = output.progress('Moving');
  const onBatch = () =>
    progress.update(tally.moved / Math.max(1, total), `${tally.moved} of about ${total}`);
  const sqs = await stack.clients.sqs();
  let isDone = false;
  try {
    await redriveDeadLetters({ sqs, queue, deadLetters, limit, rate, tally, onBatch, signal });
    isDone = true;
  } finally {
    progress[Symbol.dispose]();
    const { moved, refused, returned } = tally;
    const sum = { subscriber: name, dry_run: false, moved, refused, returned, done: isDone };
    const reported = output.isJson ? output.json(sum) : output.text(sumText(name, tally));
    // If the reader of stdout is gone, that must not hide the first error.
    await reported.catch(() => {});
    if (!isDone) output.note('To continue, run it again.');
  }
  if (tally.refused === 0) return;
  throw new CliError(
    EXIT.failed,
    `The queue of ${name} did not take ${messagesText(tally.refused)}: ${tally.reason}.`,
    'They are still in the dead-letter queue. To try again, run this again.',
  );
}

function sumText(name: string, { moved, returned }: RedriveTally): string {
  const lines = [
    `${messagesText(moved)} moved back to the queue of ${name}.`,
    returned > 0 &&
      `${messagesText(returned)} stayed in the dead-letter queue: each failed again, or was there twice. To move them, run it again.`,
  ];
  return lines.filter(Boolean).join('\n');
}
