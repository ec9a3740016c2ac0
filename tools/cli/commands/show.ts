import { type DeliveryText, deliveryTexts } from '../../archive/deliveries.ts';
import type { ArchivedMessage } from '../../archive/message-archive.ts';
import { messageJson } from '../../archive/message-file.ts';
import { findMessage } from '../../archive/message-ids.ts';
import { printable, printableLine, printableWord } from '../../shared/terminal-text.ts';
import { addresseesIn } from '../addressees.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { stackCommand, tableOption, withStack } from '../command.ts';
import { type Field, nameOfTheirs, writeFields } from '../labelled-fields.ts';
import { labelledCells } from '../message-columns.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';

/** `inbound-sms show ID` */
export function showCommand(runtime: Runtime) {
  return stackCommand(runtime, 'show', {
    summary: 'show one message, and what became of it at each subscriber',
    examples: [
      ['297abf7f-99d9-4b7d-9c46-1d7c13687b11 --stage prod', 'the message with this id'],
      ['297abf7f-99d9-4b7d-9c46-1d7c13687b11 --local --json', 'for scripts'],
    ],
  })
    .argument('<id>', 'message_id of the message')
    .addOption(tableOption())
    .action((id, options) =>
      withStack(runtime, options, async (stack, output) => {
        const archive = await stack.archive();
        const message = await findMessage(archive, id, { signal: runtime.signal });
        if (!message) {
          throw new CliError(
            EXIT.notFound,
            `There is no message ${id} in ${stack.name}.`,
            'It was never stored, or it was deleted. `quarantine` and `list --conflicts` list what was refused.',
          );
        }
        if (output.isJson) return output.json(messageJson(message));
        const addressees = await addresseesIn(stack, output.signal);
        const fields = fieldsOf(message, deliveryTexts(message, addressees), output);
        await writeFields(fields, printable(message.body), output);
      }),
    );
}

function fieldsOf(
  message: ArchivedMessage,
  deliveries: readonly DeliveryText[],
  output: Output,
): readonly Field[] {
  const extra = Object.entries(message.extra);
  return [
    ...labelledCells(message, output),
    ...deliveries.map((delivery) => deliveryField(delivery, output)),
    ...extra.map(([name, value]) => [nameOfTheirs('extra', name), printable(value)] as const),
  ];
}

const COLOURS: Partial<Record<DeliveryText['state'], Parameters<Output['style']>[0]>> = {
  delivered: 'green',
  failing: 'yellow',
  dead: 'red',
};

/** Escaped, because the name may come from a foreign mark and the reason from a receiver. */
function deliveryField({ name, state, text }: DeliveryText, output: Output): Field {
  const colour = COLOURS[state];
  const shown = printableLine(text);
  return [`delivery.${printableWord(name)}`, colour ? output.style(colour, shown) : shown];
}
