import { findMessage } from '../../lib/operations/find-message.ts';
import type { ArchivedMessage } from '../../lib/operations/message-archive.ts';
import { printable, printableLine } from '../../lib/operations/terminal-text.ts';
import { CliError } from '../cli-error.ts';
import { stackCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { messageJson, stateText } from '../message-view.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { withStack } from '../stack.ts';
import { localTime } from '../times.ts';

/** `inbound-sms show ID` */
export function showCommand(runtime: Runtime) {
  return stackCommand(runtime, 'show', {
    summary: 'show all that is stored of one message',
    examples: [
      ['297abf7f-99d9-4b7d-9c46-1d7c13687b11 --stage prod', 'the message with this id'],
      ['297abf7f-99d9-4b7d-9c46-1d7c13687b11 --local --json', 'for scripts'],
    ],
  })
    .argument('<id>', 'message_id, as the PBX and `list` have it')
    .action((id, options) =>
      withStack(runtime, options, async (stack, output) => {
        const archive = await stack.archive();
        const message = await findMessage(archive, id, { signal: runtime.signal });
        if (!message) {
          throw new CliError(
            EXIT.notFound,
            `There is no message ${id} in ${stack.name}.`,
            'It was never stored, or deleted since: `list --conflicts` and the logs know more.',
          );
        }
        await (output.isJson ? output.json(messageJson(message)) : showMessage(message, output));
      }),
    );
}

async function showMessage(message: ArchivedMessage, output: Output): Promise<void> {
  const lines = fieldsOf(message, output).filter(([, value]) => value !== undefined);
  const width = Math.max(...lines.map(([name]) => name.length));
  for (const [name, value = ''] of lines) {
    await output.text(`${output.style('bold', name.padEnd(width))}  ${value}`);
  }
  await output.text(`\n${printable(message.body)}`);
}

function fieldsOf(
  message: ArchivedMessage,
  output: Output,
): readonly (readonly [name: string, value: string | undefined])[] {
  const { service_id, timestamp, published_at, expires_at, extra, claim } = message;
  const at = (time: number | undefined) => (time === undefined ? undefined : localTime(time));
  const atSeconds = (time: number | undefined) => at(time === undefined ? time : time * 1000);
  return [
    ['message_id', printableLine(message.message_id)],
    ['state', stateText(message, output)],
    ['from', printableLine(message.from)],
    ['to', printableLine(message.sms_number)],
    ['service_id', service_id && printableLine(service_id)],
    ['sent', atSeconds(timestamp)],
    ['received', localTime(message.received_at)],
    ['attempts', String(message.attempts)],
    ['claimed until', at(claim?.until)],
    ['published', at(published_at)],
    ['sns_message_id', message.sns_message_id],
    ['deleted after', atSeconds(expires_at)],
    ...Object.entries(extra).map(
      ([name, value]) => [printableLine(name), printableLine(value)] as const,
    ),
  ];
}
