import { hasNumbers, type NumberFilter } from '../../shared/number-filter.ts';
import { stackCommand, withStack } from '../command.ts';
import { cellOf, columnsOf } from '../message-columns.ts';
import { fromOption, numbersOf, toOption, wholeNumber } from '../message-options.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';
import type { Row } from '../table.ts';

import { removeLeftovers, TailQueue } from '../tail-queue.ts';

const COLUMNS = ['received_at', 'from', 'sms_number', 'message_id', 'body'] as const;

/** `inbound-sms tail` */
export function tailCommand(runtime: Runtime) {
  return stackCommand(runtime, 'tail', {
    summary: 'show messages as they are published',
    description:
      'Subscribes a queue of its own to the topic, and removes both at the end. If it is killed, the queue keeps a message for 5 minutes at most, and the next `tail` removes the queue.',
    examples: [
      ['--stage prod', 'until Ctrl-C'],
      ['--stage prod --to +61400000002', 'messages to one number'],
      ['--local --limit 1 --json', 'the next message, for a script'],
    ],
  })
    .addOption(fromOption())
    .addOption(toOption())
    .option('--limit <count>', 'end after this many messages', wholeNumber)
    .action((options) =>
      withStack(runtime, options, async (stack, output) => {
        const { limit = Number.POSITIVE_INFINITY } = options;
        await tail(stack, output, await numbersOf(options, stack), limit);
      }),
    );
}

async function tail(
  { name: stackName, topicArn, clients }: Stack,
  output: Output,
  numbers: NumberFilter,
  limit: number,
): Promise<void> {
  const tailClients = { sns: await clients.sns(), sqs: await clients.sqs() };
  await removeLeftovers(tailClients, { stackName, topicArn }, output.signal);
  const queue = await TailQueue.open(tailClients, { stackName, topicArn });
  try {
    output.note('Waiting for messages. Ctrl-C ends it.');
    await showMessages(queue, output, numbers, limit);
  } finally {
    await queue[Symbol.asyncDispose]().catch(() =>
      output.note(`The queue ${queue.name} could not be removed. The next \`tail\` removes it.`),
    );
  }
}

async function showMessages(
  queue: TailQueue,
  output: Output,
  numbers: NumberFilter,
  limit: number,
): Promise<void> {
  const table = output.table(columnsOf(COLUMNS));
  let shown = 0;
  while (shown < limit) {
    // Not by a filter of SNS, which would compare texts and not numbers.
    const messages = (await queue.receive(output.signal))
      .map((message) => JSON.parse(message) as Published)
      .filter((sms) => hasNumbers(fieldsOf(sms), numbers))
      .slice(0, limit - shown);
    shown += messages.length;
    if (output.isJson) for (const message of messages) await output.json(message);
    else await table.write(messages.map(row));
  }
}

/** A message in either format. */
type Published = Readonly<Record<string, string | number | undefined>>;

function fieldsOf(sms: Published) {
  return {
    received_at: sms.received_at ?? Date.now(),
    from: String(sms.from ?? sms.originationNumber ?? ''),
    sms_number: String(sms.sms_number ?? sms.destinationNumber ?? ''),
    message_id: String(sms.message_id ?? sms.inboundMessageId ?? ''),
    body: String(sms.body ?? sms.messageBody ?? ''),
  };
}

function row(sms: Published): Row {
  const fields = fieldsOf(sms);
  return COLUMNS.map((name) => cellOf(name, fields[name]));
}
